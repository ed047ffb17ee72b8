package org.bilora.bench.study;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
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
   */
  Dataset of(Cell cell) throws IOException {
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
    return dataset;
  }

  /** A part of the training set plays dev; the dev split is left out. */
  private static Dataset heldOut(Dataset dataset, double share, long seed) {
    StratifiedSplit split =
        StratifiedSplit.of(dataset.split(Dataset.TRAIN), dataset.task(), 1 - share, seed);
    return changed(
        dataset,
        ImmutableMap.of(Dataset.TRAIN, split.lower(), Dataset.DEV, split.upper()),
        "%s of the training set hold out as dev, seed %d".formatted(share, seed));
  }

  private static Dataset capped(Dataset dataset, int most, long seed) {
    ImmutableList<Example> train = dataset.split(Dataset.TRAIN);
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

  private static Dataset changed(
      Dataset from, ImmutableMap<String, ImmutableList<Example>> splits, String how) {
    String hash =
        Hashing.sha256().hashString(from.sha256() + "\n" + how, StandardCharsets.UTF_8).toString();
    return new Dataset(from.task(), splits, "%s (%s)".formatted(from.source(), how), hash);
  }
}
