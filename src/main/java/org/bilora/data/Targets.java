package org.bilora.data;

import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** Labels and scores as files write them. */
final class Targets {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  private Targets() {}

  /** Whether a text is a finite decimal number. */
  static boolean isNumber(String written) {
    return NUMBER.matcher(written).matches() && Double.isFinite(Double.parseDouble(written));
  }

  /**
   * The class index or the score that a line's label stands for.
   *
   * @throws IOException naming the line, and the labels that are known
   */
  static double of(Task task, String written, TextFile.Line line) throws IOException {
    if (task.regression()) {
      if (!isNumber(written)) {
        throw line.problem("the score is '%s'; it must be a number".formatted(written));
      }
      return Double.parseDouble(written);
    }
    int index = task.labels().indexOf(written);
    if (index < 0) {
      throw line.problem(
          "unknown label '%s'; known are %s".formatted(written, String.join(", ", task.labels())));
    }
    return index;
  }

  /**
   * Checks that something can be learnt from a training split.
   *
   * @throws IOException when it has one class, or one score, only
   */
  static void requireVariety(Task task, List<Example> train, TextFile file) throws IOException {
    if (train.isEmpty()) {
      throw file.problem("it has a header and no examples; add them below it");
    }
    double first = train.get(0).target();
    if (train.stream().allMatch(example -> example.target() == first)) {
      throw file.problem(
          task.regression()
              ? "all %d examples have the score %s; training needs different ones"
                  .formatted(train.size(), first)
              : "all %d examples have the label '%s'; training needs two classes or more"
                  .formatted(train.size(), task.labels().get((int) first)));
    }
  }
}
