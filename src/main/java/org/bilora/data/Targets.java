package org.bilora.data;

import com.google.common.base.Joiner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Labels and scores as files write them. */
final class Targets {
  private static final int NAMED_LABELS = 20;

  private Targets() {}

  /**
   * What an example is to be learnt from: the index of its class, its scores, or 1 for each label
   * that it has and 0 for the others. A number stands for the class of the same number, however
   * either is written.
   *
   * @param written what stands in the label columns, or the labels of a list
   * @throws InvalidRowException naming the line, and the labels that are known
   */
  static List<Double> of(Task task, CustomFormat format, List<String> written, TextFile.Line line)
      throws InvalidRowException {
    return switch (task.type()) {
      case CLASSIFICATION -> List.of((double) index(task, single(written, line), line));
      case REGRESSION -> scores(task, written, line);
      case MULTI_LABEL ->
          format.labelColumns().isEmpty()
              ? present(task, written, line)
              : flags(task, written, line);
      case TOKEN_CLASSIFICATION, LANGUAGE_MODELLING ->
          throw new IllegalArgumentException(
              "task type %s has no label per text".formatted(task.type().id()));
    };
  }

  /**
   * The class index or the score that a line's label stands for.
   *
   * @throws InvalidRowException naming the line, and the labels that are known
   */
  static double of(Task task, String written, TextFile.Line line) throws InvalidRowException {
    return of(task, CustomFormat.USUAL, List.of(written), line).get(0);
  }

  private static String single(List<String> written, TextFile.Line line)
      throws InvalidRowException {
    if (written.size() != 1) {
      throw line.problem("%d labels where one is needed".formatted(written.size()));
    }
    return written.get(0);
  }

  private static List<Double> scores(Task task, List<String> written, TextFile.Line line)
      throws InvalidRowException {
    if (written.size() != task.outputs()) {
      throw line.problem("%d scores; %d are needed".formatted(written.size(), task.outputs()));
    }
    List<Double> scores = new ArrayList<>();
    for (String score : written) {
      scores.add(score(score, line));
    }
    return scores;
  }

  private static double score(String written, TextFile.Line line) throws InvalidRowException {
    if (!Numbers.isNumber(written)) {
      throw line.problem("the score is '%s'; it must be a number".formatted(Messages.cut(written)));
    }
    double score = Double.parseDouble(written);
    if (Float.isInfinite((float) score) || (score != 0 && (float) score == 0)) {
      throw line.problem(
          "the score is %s, which a 32-bit float cannot hold; scale all scores alike"
              .formatted(Messages.cut(written)));
    }
    return score;
  }

  private static int index(Task task, String written, TextFile.Line line)
      throws InvalidRowException {
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

  private static List<Double> present(Task task, List<String> written, TextFile.Line line)
      throws InvalidRowException {
    List<Double> present = new ArrayList<>(Collections.nCopies(task.labels().size(), 0.0));
    for (String label : written) {
      present.set(index(task, label, line), 1.0);
    }
    return present;
  }

  private static List<Double> flags(Task task, List<String> written, TextFile.Line line)
      throws InvalidRowException {
    List<String> known = List.of("0", "1");
    List<Double> flags = new ArrayList<>();
    for (String flag : written) {
      int value = known.indexOf(Numbers.canonical(flag));
      if (value < 0) {
        throw line.problem(
            "a label column has '%s'; it must be 1 where the label is there, else 0"
                .formatted(Messages.cut(flag)));
      }
      flags.add((double) value);
    }
    if (flags.size() != task.labels().size()) {
      throw line.problem("%d labels; %d are needed".formatted(flags.size(), task.labels().size()));
    }
    return flags;
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
    List<Double> first = train.get(0).requireTargets();
    if (train.stream().allMatch(example -> example.requireTargets().equals(first))) {
      throw file.problem(
          switch (task.type()) {
            case REGRESSION ->
                "all %d examples have the score %s; training needs different ones"
                    .formatted(train.size(), Joiner.on(", ").join(first));
            case CLASSIFICATION ->
                "all %d examples have the label '%s'; training needs two classes or more"
                    .formatted(train.size(), task.labels().get(first.get(0).intValue()));
            default ->
                "all %d examples have the same labels; training needs different ones"
                    .formatted(train.size());
          });
    }
  }
}
