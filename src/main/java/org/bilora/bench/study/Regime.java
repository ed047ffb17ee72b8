package org.bilora.bench.study;

import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What methods are compared under: a task, how much of it there is to learn from, and how many of
 * its labels are wrong.
 *
 * @param task name
 * @param trainExamples most training examples; empty for all
 * @param labelNoise share of D1's examples whose labels are wrong; empty for none
 */
public record Regime(String task, OptionalInt trainExamples, OptionalDouble labelNoise) {

  /**
   * What tables call it.
   *
   * @param sized whether its size has to be said
   */
  String label(boolean sized) {
    StringBuilder label = new StringBuilder(task);
    if (sized && trainExamples.isPresent()) {
      label.append(", %d examples".formatted(trainExamples.getAsInt()));
    }
    if (labelNoise.isPresent()) {
      label.append(", %.0f%% wrong labels".formatted(100 * labelNoise.getAsDouble()));
    }
    return label.toString();
  }
}
