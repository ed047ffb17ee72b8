package org.bilora.data;

import java.io.IOException;
import java.util.List;

/** Labels and scores as files write them. */
final class Targets {
  private static final int NAMED_LABELS = 20;

  private Targets() {}

  /**
   * The class index or the score that a line's label stands for. A number stands for the class of
   * the same number, however either is written.
   *
   * @throws InvalidRowException naming the line, and the labels that are known
   */
  static double of(Task task, String written, TextFile.Line line) throws InvalidRowException {
    if (task.regression()) {
      if (!Numbers.isNumber(written)) {
        throw line.problem(
            "the score is '%s'; it must be a number".formatted(Messages.cut(written)));
      }
      double score = Double.parseDouble(written);
      if (Float.isInfinite((float) score) || (score != 0 && (float) score == 0)) {
        throw line.problem(
            "the score is %s, which a 32-bit float cannot hold; scale all scores alike"
                .formatted(Messages.cut(written)));
      }
      return score;
    }
    int index = task.labels().indexOf(written);
    if (index < 0) {
      index = task.labels().indexOf(Numbers.canonical(written));
    }
    if (index < 0) {
      throw line.problem(
          "unknown label '%s'; known are %s"
              .formatted(Messages.cut(written), named(task.labels())));
    }
    return index;
  }

  /** Names of classes, of many the first. */
  static String named(List<String> labels) {
    return labels.size() <= NAMED_LABELS
        ? Messages.cut(String.join(", ", labels))
        : "%s and %,d more"
            .formatted(
                Messages.cut(String.join(", ", labels.subList(0, NAMED_LABELS))),
                labels.size() - NAMED_LABELS);
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
    double first = train.get(0).requireTarget();
    if (train.stream().allMatch(example -> example.requireTarget() == first)) {
      throw file.problem(
          task.regression()
              ? "all %d examples have the score %s; training needs different ones"
                  .formatted(train.size(), first)
              : "all %d examples have the label '%s'; training needs two classes or more"
                  .formatted(train.size(), task.labels().get((int) first)));
    }
  }
}
