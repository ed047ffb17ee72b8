package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import org.bilora.data.Example;
import org.bilora.data.Task;
import org.bilora.data.TaskType;
import org.bilora.settings.Range;

/**
 * How much each class, or each label that is there, weighs in the loss.
 *
 * @param source where the weights come from
 * @param values in the order of the task's labels, where they are given
 */
public record ClassWeights(Source source, List<Double> values) {

  /** Where weights come from. */
  public enum Source {
    /**
     * From how often classes are in the training set: n / (K nₖ), so that all weigh the same in
     * sum, as in scikit-learn; of several labels (n − nₖ) / nₖ where the label is there.
     */
    BALANCED,
    /** From the user. */
    GIVEN
  }

  /** From the training set. */
  public static final ClassWeights BALANCED = new ClassWeights(Source.BALANCED, List.of());

  /** Checks the ranges. */
  public ClassWeights {
    values = List.copyOf(values);
    values.forEach(value -> Range.positive("class weight", value));
    if (values.isEmpty() != (source == Source.BALANCED)) {
      throw new IllegalArgumentException(
          "class weights are either balanced or given, one for each class");
    }
  }

  /**
   * What a user writes.
   *
   * @param written {@code balanced}, or numbers with commas between
   * @throws IllegalArgumentException when it is neither
   */
  public static ClassWeights parse(String written) {
    if (written.equals("balanced")) {
      return BALANCED;
    }
    List<Double> values = new ArrayList<>();
    for (String value : written.split(",")) {
      try {
        values.add(Double.parseDouble(value.strip()));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "class weights are '%s'; give balanced, or a number for each class with commas between"
                .formatted(written),
            e);
      }
    }
    return new ClassWeights(Source.GIVEN, values);
  }

  /** As {@link #parse} reads it. */
  public String written() {
    return source == Source.BALANCED
        ? "balanced"
        : String.join(",", values.stream().map(String::valueOf).toList());
  }

  /**
   * The numbers.
   *
   * @param training examples to balance
   * @throws IllegalArgumentException when the task has no classes, or another number of them, or a
   *     class is not among the examples
   */
  public List<Double> of(Task task, List<Example> training) {
    if (task.regression() || task.languageModelling()) {
      throw new IllegalArgumentException(
          "class weights are for classes; task %s is %s".formatted(task.name(), task.type().id()));
    }
    int classes = task.labels().size();
    if (source == Source.GIVEN) {
      if (values.size() != classes) {
        throw new IllegalArgumentException(
            "%d class weights for the %d classes %s; give one for each"
                .formatted(values.size(), classes, task.labels()));
      }
      return values;
    }
    boolean multiLabel = task.type() == TaskType.MULTI_LABEL;
    long[] counts = new long[classes];
    long all = 0;
    for (Example example : training) {
      List<Double> targets = example.requireTargets();
      for (int i = 0; i < targets.size(); i++) {
        int label = multiLabel ? i : targets.get(i).intValue();
        counts[label] += multiLabel ? targets.get(i).intValue() : 1;
      }
      all += multiLabel ? 1 : targets.size();
    }
    List<Double> balanced = new ArrayList<>();
    for (int k = 0; k < classes; k++) {
      if (counts[k] == 0 || (multiLabel && counts[k] == all)) {
        throw new IllegalArgumentException(
            "label '%s' is in %s of the training examples, so no weight balances it; give the weights"
                .formatted(task.labels().get(k), counts[k] == 0 ? "none" : "all"));
      }
      balanced.add(
          multiLabel
              ? (double) (all - counts[k]) / counts[k]
              : (double) all / (classes * counts[k]));
    }
    return balanced;
  }
}
