package org.bilora.data;

import java.util.Arrays;
import java.util.List;

/**
 * The kinds of examples that a split has in the same proportion on both sides: classes; for scores,
 * fifths of the range (of the first score of several); for several labels, and for classes of
 * words, the rarest that an example has.
 */
final class Strata {
  private static final int SCORE_STRATA = 5;

  private Strata() {}

  /**
   * The stratum of each example, from 0.
   *
   * @throws IllegalArgumentException when an example has no label
   */
  static int[] of(List<Example> examples, Task task) {
    for (int i = 0; i < examples.size(); i++) {
      if (examples.get(i).targets().isEmpty()) {
        throw new IllegalArgumentException(
            "example %d of task %s has no label; only labelled examples can be split"
                .formatted(i, task.name()));
      }
    }
    return switch (task.type()) {
      case REGRESSION -> ofScores(examples);
      case CLASSIFICATION ->
          examples.stream().mapToInt(example -> (int) example.requireTarget()).toArray();
      case MULTI_LABEL, TOKEN_CLASSIFICATION -> ofRarest(examples, task);
      case LANGUAGE_MODELLING -> throw new IllegalArgumentException("texts have no strata");
    };
  }

  private static int[] ofScores(List<Example> examples) {
    double[] targets = examples.stream().mapToDouble(Example::requireTarget).toArray();
    double lowest = Arrays.stream(targets).min().orElseThrow();
    double range = Arrays.stream(targets).max().orElseThrow() - lowest;
    return Arrays.stream(targets)
        .mapToInt(
            target ->
                range == 0
                    ? 0
                    : Math.min(SCORE_STRATA - 1, (int) ((target - lowest) / range * SCORE_STRATA)))
        .toArray();
  }

  private static int[] ofRarest(List<Example> examples, Task task) {
    int labels = task.labels().size();
    int[] counts = new int[labels];
    boolean[][] has = new boolean[examples.size()][];
    for (int i = 0; i < has.length; i++) {
      has[i] = labelsOf(examples.get(i), task);
      for (int label = 0; label < labels; label++) {
        counts[label] += has[i][label] ? 1 : 0;
      }
    }
    int[] strata = new int[has.length];
    for (int i = 0; i < strata.length; i++) {
      strata[i] = labels; // has none
      for (int label = 0; label < labels; label++) {
        if (has[i][label] && (strata[i] == labels || counts[label] < counts[strata[i]])) {
          strata[i] = label;
        }
      }
    }
    return strata;
  }

  private static boolean[] labelsOf(Example example, Task task) {
    boolean[] has = new boolean[task.labels().size()];
    List<Double> targets = example.requireTargets();
    for (int i = 0; i < targets.size(); i++) {
      if (task.type() == TaskType.TOKEN_CLASSIFICATION) {
        has[targets.get(i).intValue()] = true;
      } else {
        has[i] = targets.get(i) == 1;
      }
    }
    return has;
  }
}
