package org.bilora.data;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One example of a task.
 *
 * @param text the (first) sentence
 * @param pair the second sentence where the task has one
 * @param target index of the class among the task's labels, or the score of a regression task;
 *     empty when there is no label, as in a test set or for a text to predict for
 */
public record Example(String text, Optional<String> pair, OptionalDouble target) {

  /** Checks that a target is a number. */
  public Example {
    if (target.isPresent() && !Double.isFinite(target.getAsDouble())) {
      throw new IllegalArgumentException(
          "target is %s; it must be finite, or empty where there is none"
              .formatted(target.getAsDouble()));
    }
  }

  /** A labelled example. */
  public Example(String text, Optional<String> pair, double target) {
    this(text, pair, OptionalDouble.of(target));
  }

  /** A text without a label. */
  public static Example of(String text) {
    return new Example(text, Optional.empty(), OptionalDouble.empty());
  }

  /** Two texts without a label. */
  public static Example of(String text, String pair) {
    return new Example(text, Optional.of(pair), OptionalDouble.empty());
  }

  /**
   * The target of a labelled example.
   *
   * @throws IllegalArgumentException when it has none
   */
  public double requireTarget() {
    return target.orElseThrow(
        () ->
            new IllegalArgumentException(
                "the text '%s' has no label, and needs one".formatted(Messages.cut(text))));
  }
}
