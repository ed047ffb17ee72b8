package org.bilora.train;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.StratifiedSplit;
import org.bilora.method.BiLora;
import org.bilora.method.Phase;

/**
 * Who learns from what of a labelled training set.
 *
 * @param lower D1, or what a method of one level learns from
 * @param upper D2; empty for a method of one level
 * @param chosenOn what the best epoch is chosen on; empty for the dev split
 */
record TrainingParts(List<Example> lower, List<Example> upper, List<Example> chosenOn) {
  /** Keeps copies of the collections. */
  TrainingParts {
    lower = ImmutableList.copyOf(lower);
    upper = ImmutableList.copyOf(upper);
    chosenOn = ImmutableList.copyOf(chosenOn);
  }

  /**
   * Splits the training set as method and settings ask, unless the data say which part is D2.
   *
   * @param train its training split, all of it labelled
   * @throws IllegalArgumentException when D2 is to choose the epoch and is learnt from
   */
  static TrainingParts of(Dataset dataset, List<Example> train, TrainingSettings settings) {
    Selection selection = settings.selection().orElse(Selection.DEV);
    OptionalDouble lowerFraction = settings.method().d1Share();
    boolean twoLevels = lowerFraction.isPresent();
    boolean given = dataset.splits().containsKey(Dataset.D2);
    if (settings.splitEveryEpoch().isPresent()) {
      requireFreeSplit(dataset, given, settings);
    }
    if (!twoLevels && selection == Selection.DEV) {
      return new TrainingParts(
          given
              ? ImmutableList.<Example>builder()
                  .addAll(train)
                  .addAll(labelled(dataset, Dataset.D2))
                  .build()
              : train,
          ImmutableList.of(),
          ImmutableList.of());
    }
    if (selection == Selection.D2
        && twoLevels
        && settings.method().phases().stream()
            .anyMatch(phase -> phase.part() == Phase.Part.TRAINING_SET && phase.share() > 0)) {
      throw new IllegalArgumentException(
          "selection is d2, and the last phase learns from D2: choose on the dev split, or set lastPhaseShare to 0");
    }
    double share = lowerFraction.orElse(BiLora.USUAL.lowerFraction());
    StratifiedSplit split =
        given
            ? new StratifiedSplit(train, labelled(dataset, Dataset.D2))
            : StratifiedSplit.of(train, dataset.task(), share, settings.seed());
    return new TrainingParts(
        split.lower(),
        twoLevels ? split.upper() : ImmutableList.of(),
        selection == Selection.D2 ? split.upper() : ImmutableList.of());
  }

  /** Refuses what needs one D1 and one D2 for the whole run, or has none. */
  private static void requireFreeSplit(Dataset dataset, boolean given, TrainingSettings settings) {
    String method = settings.method().name();
    String reason = null;
    if (settings.method().counted().part() != Phase.Part.D1_AND_D2) {
      reason =
          "method %s does not learn from a D1 and a D2 at once: leave it out, or take a method of two levels such as bilora"
              .formatted(method);
    } else if (settings.method().knowsExamplesOfD1()) {
      reason = "method %s learns something of each example of D1: leave it out".formatted(method);
    } else if (given) {
      reason = "%s itself says which examples are D2: leave it out".formatted(dataset.source());
    } else if (settings.selection().equals(Optional.of(Selection.D2))) {
      reason = "selection is d2, whose examples are then learnt from: leave one of them out";
    } else if (settings.batchTokens().isPresent()) {
      reason =
          "with batchTokens an epoch's number of steps depends on its split: leave one of them out";
    }
    if (reason != null) {
      throw new IllegalArgumentException("splitEveryEpoch is true; " + reason);
    }
  }

  /**
   * A split, all of whose examples have labels.
   *
   * @throws IllegalArgumentException when it is empty, or an example has none
   */
  static List<Example> labelled(Dataset dataset, String split) {
    List<Example> examples = dataset.split(split);
    if (examples.isEmpty()) {
      throw new IllegalArgumentException(
          "the %s split of %s is empty; training needs examples in it"
              .formatted(split, dataset.task().name()));
    }
    for (int i = 0; i < examples.size(); i++) {
      if (examples.get(i).targets().isEmpty()) {
        throw new IllegalArgumentException(
            "example %d of the %s split of %s has no label; training needs one for each"
                .formatted(i + 1, split, dataset.task().name()));
      }
    }
    return examples;
  }
}
