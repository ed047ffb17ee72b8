package org.bilora.data;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One example of a task.
 *
 * @param text the (first) sentence
 * @param pair the second sentence where the task has one
 * @param targets what is to be learnt of it: the class's index among the task's labels; for several
 *     labels 1 for each that is there and 0 for the others; the scores; or each word's class. Empty
 *     where nothing is known, as in a test set or for a text to predict for
 * @param words where the words are that have a class each, in their order; empty for a task about
 *     whole texts
 */
public record Example(
    String text,
    Optional<String> pair,
    Optional<List<Double>> targets,
    Optional<List<Span>> words) {

  /** Checks that targets are numbers, and copies what could change. */
  public Example {
    targets = targets.map(List::copyOf);
    words = words.map(List::copyOf);
    for (double target : targets.orElse(List.of())) {
      if (!Double.isFinite(target)) {
        throw new IllegalArgumentException(
            "target is %s; it must be finite, or empty where there is none".formatted(target));
      }
    }
  }

  /** An example about the whole text. */
  public Example(String text, Optional<String> pair, Optional<List<Double>> targets) {
    this(text, pair, targets, Optional.empty());
  }

  /** An example with one target, or none. */
  public Example(String text, Optional<String> pair, OptionalDouble target) {
    this(
        text,
        pair,
        target.isPresent() ? Optional.of(List.of(target.getAsDouble())) : Optional.empty());
  }

  /** A labelled example with one target. */
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

  /** The target of a task with one; empty without a label. */
  public OptionalDouble target() {
    return targets.isPresent() && targets.get().size() == 1
        ? OptionalDouble.of(targets.get().get(0))
        : OptionalDouble.empty();
  }

  /**
   * The target of a labelled example of a task with one.
   *
   * @throws IllegalArgumentException when it has none
   */
  public double requireTarget() {
    return requireTargets().get(0);
  }

  /**
   * The targets of a labelled example.
   *
   * @throws IllegalArgumentException when it has none
   */
  public List<Double> requireTargets() {
    return targets.orElseThrow(
        () ->
            new IllegalArgumentException(
                "the text '%s' has no label, and needs one".formatted(Messages.cut(text))));
  }
}
