package org.bilora.bench.study;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bilora.data.Dataset;
import org.bilora.data.EqualSteps;
import org.bilora.data.Example;
import org.bilora.data.LabelNoise;
import org.bilora.data.StratifiedSplit;

/** The data of a study's cells: tasks as they were read, cut as the cell asks. */
final class StudyData {
  private final TestBed.TaskSource<Dataset> tasks;
  private final Map<String, Dataset> read = new HashMap<>();

  StudyData(TestBed.TaskSource<Dataset> tasks) {
    this.tasks = tasks;
  }

  /**
   * What a cell trains on and is evaluated on.
   *
   * @throws IOException when the task's files cannot be read
   * @throws IllegalArgumentException when the cell's method would have wrong labels in its D2
   */
  synchronized Dataset of(Cell cell) throws IOException {
    Dataset dataset = read.get(cell.task());
    if (dataset == null) {
      dataset = tasks.load(cell.task());
      read.put(cell.task(), dataset);
    }
    if (cell.heldOut().isPresent()) {
      dataset = heldOut(dataset, cell.heldOut().getAsDouble(), cell.subsetSeed());
    }
    if (cell.trainExamples().isPresent()) {
      dataset = capped(dataset, cell.trainExamples().getAsInt(), cell.subsetSeed());
    }
    if (cell.devExamples().isPresent()) {
      dataset = fewerDev(dataset, cell.devExamples().getAsInt());
    }
    return cell.noise().isPresent() ? noisy(dataset, cell) : dataset;
  }

  /**
   * Wrong labels in D1, and D2 said, whose labels are right. A method that takes less for D2 than
   * is right has some of that in its D1.
   *
   * @throws IllegalArgumentException when the method takes more
   */
  private static Dataset noisy(Dataset dataset, Cell cell) {
    Cell.Noise noise = cell.noise().orElseThrow();
    long seed = cell.seed();
    List<Example> train = dataset.split(Dataset.TRAIN);
    double clean = 1 - noise.cleanShare();
    StratifiedSplit split = StratifiedSplit.of(train, dataset.task(), clean, seed);
    List<Example> wrong = LabelNoise.of(split.lower(), dataset.task(), noise.share(), seed);
    Map<Example, Example> mislabelled = new IdentityHashMap<>();
    for (int i = 0; i < wrong.size(); i++) {
      if (wrong.get(i) != split.lower().get(i)) {
        mislabelled.put(split.lower().get(i), wrong.get(i));
      }
    }
    double lower = SettingNames.number(cell.settings(), "lower_fraction").orElse(clean);
    StratifiedSplit own =
        lower == clean ? split : StratifiedSplit.of(train, dataset.task(), lower, seed);
    if (own.upper().stream().anyMatch(mislabelled::containsKey)) {
      throw new IllegalArgumentException(
          "method %s takes %s of the training set for D2, and the labels of %s are right; set clean_share"
                  .formatted(cell.method(), 1 - lower, noise.cleanShare())
              + " to the largest D2 of the study");
    }
    return changed(
        dataset,
        ImmutableMap.of(
            Dataset.TRAIN,
            own.lower().stream()
                .map(example -> mislabelled.getOrDefault(example, example))
                .collect(ImmutableList.toImmutableList()),
            Dataset.D2,
            own.upper(),
            Dataset.DEV,
            dataset.split(Dataset.DEV)),
        "%s of D1 mislabelled, seed %d, D2 %s of the training set"
            .formatted(noise.share(), seed, 1 - lower));
  }

  /** A part of the training set serves as the dev split; the dev split is left out. */
  private static Dataset heldOut(Dataset dataset, double share, long seed) {
    StratifiedSplit split =
        StratifiedSplit.of(dataset.split(Dataset.TRAIN), dataset.task(), 1 - share, seed);
    return changed(
        dataset,
        ImmutableMap.of(Dataset.TRAIN, split.lower(), Dataset.DEV, split.upper()),
        "%s of the training set hold out as dev, seed %d".formatted(share, seed));
  }

  private static Dataset capped(Dataset dataset, int most, long seed) {
    List<Example> train = dataset.split(Dataset.TRAIN);
    if (train.size() <= most) {
      return dataset;
    }
    StratifiedSplit split =
        StratifiedSplit.of(train, dataset.task(), (double) most / train.size(), seed);
    return changed(
        dataset,
        ImmutableMap.of(Dataset.TRAIN, split.lower(), Dataset.DEV, dataset.split(Dataset.DEV)),
        "%d of %d training examples, by class, seed %d".formatted(most, train.size(), seed));
  }

  private static Dataset fewerDev(Dataset dataset, int most) {
    List<Example> dev = dataset.split(Dataset.DEV);
    return dev.size() <= most
        ? dataset
        : changed(
            dataset,
            ImmutableMap.of(
                Dataset.TRAIN, dataset.split(Dataset.TRAIN), Dataset.DEV, EqualSteps.of(dev, most)),
            "%d of %d dev examples".formatted(most, dev.size()));
  }

  private static Dataset changed(Dataset from, Map<String, List<Example>> splits, String how) {
    String hash =
        Hashing.sha256().hashString(from.sha256() + "\n" + how, StandardCharsets.UTF_8).toString();
    return new Dataset(from.task(), splits, "%s (%s)".formatted(from.source(), how), hash);
  }
}
