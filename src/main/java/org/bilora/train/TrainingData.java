package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.EpochPlan;
import org.bilora.data.Example;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.LengthBuckets;
import org.bilora.data.StratifiedSplit;
import org.bilora.data.Task;
import org.bilora.method.Phase;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;

/**
 * What a run learns from, as token ids and batches.
 *
 * @param plan of D1, D2 and the training set, as the method needs them
 * @param learnt D1 and D2, or the training set
 * @param dev what it is evaluated on
 * @param chosenOn what its best epoch is chosen on; empty for {@code dev}
 * @param warnings what the user may want to change, a line each
 */
record TrainingData(
    Task task,
    TrainingPlan plan,
    List<EncodedExample> learnt,
    List<EncodedExample> dev,
    List<EncodedExample> chosenOn,
    ExampleCounts counts,
    List<String> warnings) {
  /** Keeps copies of the collections. */
  TrainingData {
    learnt = ImmutableList.copyOf(learnt);
    dev = ImmutableList.copyOf(dev);
    chosenOn = ImmutableList.copyOf(chosenOn);
    warnings = ImmutableList.copyOf(warnings);
  }

  private static final double TRUNCATED_WORTH_A_WARNING = 0.05;

  /** Every pass of a language model is planned before the first one. */
  private static final int MOST_PASSES = 100_000;

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
    List<Example> train = TrainingParts.labelled(dataset, Dataset.TRAIN);
    EncodedSet dev = encode(model, TrainingParts.labelled(dataset, Dataset.DEV), settings);
    TrainingParts parts = TrainingParts.of(dataset, train, settings);
    EncodedSet lower = encode(model, parts.lower(), settings);
    EncodedSet upper = encode(model, parts.upper(), settings);
    EncodedSet chosenOn = encode(model, parts.chosenOn(), settings);
    List<EncodedExample> all =
        ImmutableList.<EncodedExample>builder()
            .addAll(lower.examples())
            .addAll(upper.examples())
            .build();
    LengthBuckets buckets = buckets(model, all, settings);
    Levels split = new Levels(lower.examples(), upper.examples());
    IntFunction<Levels> levels = epoch -> split;
    if (settings.splitEveryEpoch().isPresent()) {
      List<EncodedExample> whole = encode(model, train, settings).examples();
      levels =
          epoch ->
              epoch == 0 ? split : Levels.ofEpoch(epoch, train, whole, dataset.task(), settings);
    }
    return new TrainingData(
        dataset.task(),
        plan(settings, buckets, all, levels),
        all,
        dev.examples(),
        chosenOn.examples(),
        new ExampleCounts(
            lower.examples().size(),
            upper.examples().size(),
            dev.examples().size(),
            lower.truncated() + upper.truncated(),
            dev.truncated()),
        warnings(lower.truncated() + upper.truncated(), all.size(), parts, settings));
  }

  private static List<String> warnings(
      int truncated, int trained, TrainingParts parts, TrainingSettings settings) {
    ImmutableList.Builder<String> warnings = ImmutableList.builder();
    if (truncated > TRUNCATED_WORTH_A_WARNING * trained) {
      warnings.add(
          "%d of %d training texts are cut to %d tokens; a larger maximum length would keep them"
              .formatted(truncated, trained, settings.maxLength()));
    }
    if (!parts.chosenOn().isEmpty() && parts.upper().isEmpty()) {
      warnings.add(
          "%d training examples are not learnt from: the best epoch is chosen on them"
              .formatted(parts.chosenOn().size()));
    }
    return warnings.build();
  }

  /**
   * The same for a language model: the training split is D1 and the dev split D2, and what is
   * learnt on one level is learnt from D1. Sequences longer than the maximum length, or than the
   * model's positions, are cut.
   *
   * @throws IllegalArgumentException when a split is missing or nothing of it is left, or a batch
   *     cannot hold the longest sequence
   */
  static TrainingData of(
      PretrainedDecoder model, LanguageModelDataset dataset, TrainingSettings settings) {
    int longest = Math.min(settings.maxLength(), model.maxTokens());
    LanguageModelDataset.Cut train = dataset.cut(Dataset.TRAIN, longest);
    LanguageModelDataset.Cut dev = dataset.cut(Dataset.DEV, longest);
    // An evaluation comes after an epoch of steps: too late to find that a text does not fit.
    dev.examples().forEach(text -> settings.batches().rowsOf(text.encoding().length()));
    if (settings.selection().isPresent()) {
      throw new IllegalArgumentException(
          "selection is for tasks with labels: %s has no part of its training set as D2"
              .formatted(dataset.task().name()));
    }
    if (settings.splitEveryEpoch().isPresent()) {
      throw new IllegalArgumentException(
          "splitEveryEpoch is true; task %s has files of its own for D1 and D2: leave it out"
              .formatted(dataset.task().name()));
    }
    boolean twoLevels = settings.method().d1Share().isPresent();
    List<EncodedExample> lower = train.examples();
    List<EncodedExample> upper = twoLevels ? dev.examples() : List.of();
    List<EncodedExample> all =
        ImmutableList.<EncodedExample>builder().addAll(lower).addAll(upper).build();
    ImmutableList.Builder<String> warnings = ImmutableList.builder();
    if (train.cut() + dev.cut() > 0) {
      int leftOut = train.leftOut() + dev.leftOut();
      warnings.add(
          "%d training and %d dev texts are cut to %d tokens%s"
              .formatted(
                  train.cut(),
                  dev.cut(),
                  longest,
                  leftOut == 0
                      ? ""
                      : "; %d of them, whose contexts alone are longer, are left out"
                          .formatted(leftOut)));
    }
    if (twoLevels) {
      warnings.add(
          "D2 is the dev split, on which the best epoch is chosen too: the dev loss flatters %s"
              .formatted(settings.method().name()));
    }
    Levels levels = new Levels(lower, upper);
    TrainingPlan plan = plan(settings, buckets(model, all, settings), lower, epoch -> levels);
    if (plan.epochs() > MOST_PASSES) {
      throw new IllegalArgumentException(
          "epochs is %d, which makes %d passes over the texts; a language model takes at most %d: make epochs or maxSteps smaller"
              .formatted(settings.epochs(), plan.epochs(), MOST_PASSES));
    }
    return new TrainingData(
        dataset.task(),
        plan.withPredictions(),
        all,
        dev.examples(),
        ImmutableList.of(),
        new ExampleCounts(
            lower.size(), upper.size(), dev.examples().size(), train.cut(), dev.cut()),
        warnings.build());
  }

  /**
   * D1 and D2 as an epoch has them.
   *
   * @param lower D1
   * @param upper D2
   */
  private record Levels(List<EncodedExample> lower, List<EncodedExample> upper) {
    /** An epoch's own split of the training set. */
    static Levels ofEpoch(
        int epoch,
        List<Example> train,
        List<EncodedExample> encoded,
        Task task,
        TrainingSettings settings) {
      double share = settings.method().d1Share().orElseThrow();
      boolean[] inLower = StratifiedSplit.inLower(train, task, share, settings.seed(), epoch);
      List<EncodedExample> lower = new ArrayList<>();
      List<EncodedExample> upper = new ArrayList<>();
      for (int i = 0; i < inLower.length; i++) {
        (inLower[i] ? lower : upper).add(encoded.get(i));
      }
      return new Levels(lower, upper);
    }
  }

  /**
   * The method's phases.
   *
   * @param all the training set
   * @param levels D1 and D2 by epoch
   */
  private static TrainingPlan plan(
      TrainingSettings settings,
      LengthBuckets buckets,
      List<EncodedExample> all,
      IntFunction<Levels> levels) {
    Levels first = levels.apply(0);
    Function<Phase, TrainingPlan.Passes> passes =
        phase ->
            switch (phase.part()) {
              case TRAINING_SET -> singleSet(settings, buckets, all);
              case D1 -> singleSet(settings, buckets, first.lower());
              case D2 -> singleSet(settings, buckets, first.upper());
              case D1_AND_D2 -> {
                EpochPlan usual = twoSets(settings, buckets, first, phase);
                yield epoch ->
                    settings.splitEveryEpoch().isEmpty() || epoch == 0
                        ? usual
                        : twoSets(settings, buckets, levels.apply(epoch), phase);
              }
            };
    long steps = steps(settings, passes.apply(settings.method().counted()).of(0));
    List<Phase> phases = settings.method().phases();
    List<TrainingPlan.Phase> planned = new ArrayList<>();
    long taken = 0;
    for (int i = phases.size() - 1; i >= 0; i--) {
      // The last phases' shares are rounded, the first one takes what is left.
      long own = i == 0 ? steps - taken : Math.round(phases.get(i).share() * steps);
      taken += own;
      if (own > 0) {
        Phase phase = phases.get(i);
        planned.add(0, new TrainingPlan.Phase(phase.kind(), passes.apply(phase), own));
      }
    }
    return TrainingPlan.of(planned);
  }

  private static long steps(TrainingSettings settings, EpochPlan plan) {
    long steps = (long) settings.epochs() * plan.iterationsPerEpoch();
    long taken = settings.maxSteps() == 0 ? steps : Math.min(steps, settings.maxSteps());
    if (taken > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "epochs is %d; with %d steps each they make %d steps, and a run has at most %d: make epochs or maxSteps smaller"
              .formatted(settings.epochs(), plan.iterationsPerEpoch(), steps, Integer.MAX_VALUE));
    }
    return taken;
  }

  private static TrainingPlan.Passes singleSet(
      TrainingSettings settings, LengthBuckets buckets, List<EncodedExample> examples) {
    EpochPlan plan =
        new EpochPlan(examples, List.of(), buckets, settings.batches(), 1, 0, settings.seed());
    return epoch -> plan;
  }

  private static EpochPlan twoSets(
      TrainingSettings settings, LengthBuckets buckets, Levels levels, Phase phase) {
    return new EpochPlan(
        levels.lower(),
        levels.upper(),
        buckets,
        settings.batches(),
        phase.kind().lowerBatches(),
        phase.kind().upperBatches(),
        settings.seed());
  }

  private static LengthBuckets buckets(
      PretrainedModel model, List<EncodedExample> examples, TrainingSettings settings) {
    int[] lengths = examples.stream().mapToInt(example -> example.encoding().length()).toArray();
    LengthBuckets buckets = LengthBuckets.choose(lengths, settings.lengthBuckets());
    // A bucket is rounded up, perhaps past the last row of the position embedding.
    int longest = model.maxTokens();
    return new LengthBuckets(
        buckets.lengths().stream()
            .map(length -> Math.min(length, longest))
            .distinct()
            .collect(ImmutableList.toImmutableList()));
  }

  private static EncodedSet encode(
      PretrainedEncoder model, List<Example> examples, TrainingSettings settings) {
    return EncodedSet.of(model.tokenizer(), examples, settings.maxLength());
  }

  /** Every example that the run computes. */
  List<EncodedExample> examples() {
    return Stream.of(learnt, dev, chosenOn).flatMap(List::stream).toList();
  }

  /**
   * Tokens of an evaluation, padding left out: of the dev split, and of what epochs are chosen on.
   */
  long devTokens() {
    return Stream.concat(dev.stream(), chosenOn.stream())
        .mapToLong(example -> example.encoding().length())
        .sum();
  }
}
