package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.Stream;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.EpochPlan;
import org.bilora.data.Example;
import org.bilora.data.LengthBuckets;
import org.bilora.data.StratifiedSplit;
import org.bilora.data.Task;
import org.bilora.model.PretrainedEncoder;

/**
 * What a run learns from, as token ids and batches.
 *
 * @param plan of D1 and D2, or of the training set
 * @param dev what it is evaluated on
 */
record TrainingData(
    Task task, EpochPlan plan, ImmutableList<EncodedExample> dev, ExampleCounts counts) {

  /**
   * Splits, encodes and plans.
   *
   * @throws IllegalArgumentException when a split is missing, empty or lacks labels, or texts may
   *     be longer than the model's
   */
  static TrainingData of(PretrainedEncoder model, Dataset dataset, TrainingSettings settings) {
    int longest = model.config().maxTokens();
    if (settings.maxLength() > longest) {
      throw new IllegalArgumentException(
          "maxLength is %d; %s takes from 3 to %d tokens"
              .formatted(settings.maxLength(), model.name(), longest));
    }
    ImmutableList<Example> train = labelled(dataset, Dataset.TRAIN);
    EncodedSet dev = encode(model, labelled(dataset, Dataset.DEV), settings);
    if (settings.method() instanceof BiLora bilora) {
      StratifiedSplit split =
          StratifiedSplit.of(train, dataset.task(), bilora.lowerFraction(), settings.seed());
      return plan(
          model,
          dataset.task(),
          settings,
          encode(model, split.lower(), settings),
          encode(model, split.upper(), settings),
          dev,
          bilora.lowerSteps(),
          bilora.upperSteps());
    }
    EncodedSet none = new EncodedSet(ImmutableList.of(), 0);
    EncodedSet all = encode(model, train, settings);
    return plan(model, dataset.task(), settings, all, none, dev, 1, 0);
  }

  private static TrainingData plan(
      PretrainedEncoder model,
      Task task,
      TrainingSettings settings,
      EncodedSet lower,
      EncodedSet upper,
      EncodedSet dev,
      int lowerSteps,
      int upperSteps) {
    int[] lengths =
        Stream.concat(lower.examples().stream(), upper.examples().stream())
            .mapToInt(example -> example.encoding().length())
            .toArray();
    LengthBuckets buckets = LengthBuckets.choose(lengths, settings.lengthBuckets());
    // A bucket is rounded up, perhaps past the last row of the position embedding.
    int longest = model.config().maxTokens();
    LengthBuckets fitting =
        new LengthBuckets(
            buckets.lengths().stream()
                .map(length -> Math.min(length, longest))
                .distinct()
                .collect(ImmutableList.toImmutableList()));
    EpochPlan plan =
        new EpochPlan(
            lower.examples(),
            upper.examples(),
            fitting,
            settings.batchSize(),
            lowerSteps,
            upperSteps,
            settings.seed());
    ExampleCounts counts =
        new ExampleCounts(
            lower.examples().size(),
            upper.examples().size(),
            dev.examples().size(),
            lower.truncated() + upper.truncated(),
            dev.truncated());
    return new TrainingData(task, plan, dev.examples(), counts);
  }

  private static EncodedSet encode(
      PretrainedEncoder model, List<Example> examples, TrainingSettings settings) {
    return EncodedSet.of(model.tokenizer(), examples, settings.maxLength());
  }

  private static ImmutableList<Example> labelled(Dataset dataset, String split) {
    ImmutableList<Example> examples = dataset.split(split);
    if (examples.isEmpty()) {
      throw new IllegalArgumentException(
          "the %s split of %s is empty; training needs examples in it"
              .formatted(split, dataset.task().name()));
    }
    for (int i = 0; i < examples.size(); i++) {
      if (Double.isNaN(examples.get(i).target())) {
        throw new IllegalArgumentException(
            "example %d of the %s split of %s has no label; training needs one for each"
                .formatted(i + 1, split, dataset.task().name()));
      }
    }
    return examples;
  }

  /** Tokens of the dev split, padding left out. */
  long devTokens() {
    return dev.stream().mapToLong(example -> example.encoding().length()).sum();
  }
}
