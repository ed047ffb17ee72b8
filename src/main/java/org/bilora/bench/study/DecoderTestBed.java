package org.bilora.bench.study;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bilora.data.Dataset;
import org.bilora.data.EqualSteps;
import org.bilora.data.GenerationDataset;
import org.bilora.data.GenerationExample;
import org.bilora.data.LanguageModelDataset;
import org.bilora.eval.generation.GenerationScores;
import org.bilora.eval.generation.Meteor;
import org.bilora.eval.generation.SentenceTokenizer;
import org.bilora.generate.DecodingListener;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Generation;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.model.PretrainedDecoder;
import org.bilora.train.Checkpointing;
import org.bilora.train.RunRecord;
import org.bilora.train.RunSize;
import org.bilora.train.RunSpeed;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

/**
 * A decoder and generation tasks: a cell's result is what its best values write for the inputs of a
 * split, and the scores of that.
 */
final class DecoderTestBed implements TestBed {
  private static final int SAMPLES = 5;

  private final PretrainedDecoder model;
  private final TaskSource<GenerationDataset> tasks;
  private final SentenceTokenizer ptb;
  private final Optional<Meteor> meteor;
  private final Map<String, GenerationDataset> read = new HashMap<>();
  private final Map<String, LanguageModelDataset> sequences = new HashMap<>();

  DecoderTestBed(
      PretrainedDecoder model,
      TaskSource<GenerationDataset> tasks,
      SentenceTokenizer ptb,
      Optional<Meteor> meteor) {
    this.model = model;
    this.tasks = tasks;
    this.ptb = ptb;
    this.meteor = meteor;
  }

  @Override
  public PretrainedDecoder model() {
    return model;
  }

  /** The task as its files have it. */
  private synchronized GenerationDataset whole(Cell cell) throws IOException {
    GenerationDataset dataset = read.get(cell.task());
    if (dataset == null) {
      dataset = tasks.load(cell.task());
      read.put(cell.task(), dataset);
    }
    return dataset;
  }

  /** What the cell is trained and chosen on. */
  private GenerationDataset dataset(Cell cell) throws IOException {
    GenerationDataset dataset = whole(cell);
    if (cell.trainExamples().isPresent()) {
      dataset = dataset.withTrainPairs(cell.trainExamples().getAsInt(), cell.subsetSeed());
    }
    return cell.devExamples().isPresent()
        ? dataset.withDevPairs(cell.devExamples().getAsInt())
        : dataset;
  }

  private synchronized LanguageModelDataset sequences(Cell cell) throws IOException {
    GenerationDataset dataset = dataset(cell);
    return sequences.computeIfAbsent(
        dataset.sha256(),
        hash -> LanguageModelDataset.of(dataset, model.tokenizer(), model.config().endOfTextId()));
  }

  /** What the cell's model is to express: all inputs of the split, some, or none. */
  private List<GenerationExample> inputs(Cell cell) throws IOException {
    if (cell.decoding().isEmpty()) {
      return List.of();
    }
    List<GenerationExample> all = whole(cell).split(cell.decoding().get().split().orElseThrow());
    return EqualSteps.of(all, cell.testInputs().orElse(all.size()));
  }

  @Override
  public String dataSha256(Cell cell) throws IOException {
    for (GenerationExample input : inputs(cell)) {
      if (input.references().isEmpty()) {
        throw new IOException(
            "task %s has no reference for '%s'; give its test set with texts"
                .formatted(cell.task(), input.context()));
      }
    }
    return dataset(cell).sha256();
  }

  @Override
  public RunSize size(Cell cell, TrainingSettings settings) throws IOException {
    return RunSize.of(model, sequences(cell), settings);
  }

  @Override
  public RunSpeed speed(Cell cell, int steps) throws IOException {
    return RunSpeed.measure(model, sequences(cell), cell.settings(), steps);
  }

  /** As long as the model takes for a few inputs before it is trained, in proportion. */
  @Override
  public double secondsToGenerate(Cell cell) throws IOException {
    List<GenerationExample> inputs = inputs(cell);
    if (inputs.isEmpty()) {
      return 0;
    }
    DecodingSettings settings = cell.decoding().orElseThrow().settings();
    List<GenerationExample> few = EqualSteps.of(inputs, settings.batch());
    Written written = write(model, settings, few, (finished, all) -> {});
    return written.seconds() * inputs.size() / few.size();
  }

  @Override
  public Trainer trainer(
      Cell cell,
      TrainingSettings settings,
      Path run,
      Checkpointing checkpointing,
      TrainingListener... listeners)
      throws IOException {
    return new Trainer(model, sequences(cell), settings, run, checkpointing, listeners);
  }

  @Override
  public CellResult result(Cell cell, RunRecord record, Path run, DecodingListener listener)
      throws IOException {
    if (record.status() != RunRecord.Status.FINISHED || cell.decoding().isEmpty()) {
      return CellResult.of(cell, record);
    }
    List<GenerationExample> inputs = inputs(cell);
    // It shares the model's tokenizer, so that there is nothing to close.
    PretrainedDecoder trained = TrainedLanguageModel.open(run, name -> model).merged();
    Written written = write(trained, cell.decoding().orElseThrow().settings(), inputs, listener);
    List<String> outputs =
        written.generations().stream().map(each -> each.text(model.tokenizer())).toList();
    GenerationScores scores =
        GenerationScores.of(
            outputs, inputs.stream().map(GenerationExample::references).toList(), ptb, meteor);
    int kept = Math.min(outputs.size(), GenerationResult.KEPT);
    return CellResult.of(
        cell,
        record,
        new GenerationResult(
            scores.values(),
            inputs.size(),
            written.cut(),
            (int) written.generations().stream().filter(Generation::ended).count(),
            written.generations().stream().mapToLong(each -> each.tokens().length).sum(),
            written.seconds(),
            ImmutableList.copyOf(outputs.subList(0, kept)),
            EqualSteps.of(IntStream.range(0, kept).boxed().toList(), SAMPLES).stream()
                .map(i -> sample(i, inputs.get(i)))
                .toList(),
            groups(cell, inputs, outputs)));
  }

  /** Texts on categories that the training set has, and on others, where there are both. */
  private Map<String, GenerationResult.Group> groups(
      Cell cell, List<GenerationExample> inputs, List<String> outputs) throws IOException {
    Set<Optional<String>> seen =
        whole(cell).split(Dataset.TRAIN).stream()
            .map(GenerationExample::category)
            .collect(ImmutableSet.toImmutableSet());
    Map<Boolean, List<Integer>> places =
        IntStream.range(0, inputs.size())
            .boxed()
            .filter(i -> inputs.get(i).category().isPresent())
            .collect(Collectors.partitioningBy(i -> seen.contains(inputs.get(i).category())));
    if (places.get(true).isEmpty() || places.get(false).isEmpty()) {
      return Map.of();
    }
    ImmutableMap.Builder<String, GenerationResult.Group> groups = ImmutableMap.builder();
    for (boolean known : List.of(true, false)) {
      List<Integer> chosen = places.get(known);
      GenerationScores scores =
          GenerationScores.of(
              chosen.stream().map(outputs::get).toList(),
              chosen.stream().map(i -> inputs.get(i).references()).toList(),
              ptb,
              meteor);
      groups.put(
          known ? "seen categories" : "unseen categories",
          new GenerationResult.Group(chosen.size(), scores.values()));
    }
    return groups.buildOrThrow();
  }

  private static GenerationResult.Sample sample(int index, GenerationExample input) {
    return new GenerationResult.Sample(index + 1, input.context(), input.references());
  }

  private record Written(List<Generation> generations, int cut, double seconds) {}

  private static Written write(
      PretrainedDecoder decoder,
      DecodingSettings settings,
      List<GenerationExample> inputs,
      DecodingListener listener) {
    List<Prompt> prompts =
        inputs.stream()
            .map(input -> Prompt.ofContext(decoder, input.context(), settings.maxNewTokens()))
            .toList();
    Stopwatch watch = Stopwatch.createStarted();
    try (TextGenerator generator = new TextGenerator(decoder, settings)) {
      List<Generation> generations =
          generator.generate(prompts.stream().map(Prompt::tokens).toList(), listener);
      return new Written(
          generations,
          (int) prompts.stream().filter(Prompt::cut).count(),
          watch.elapsed().toNanos() / 1e9);
    }
  }
}
