package org.bilora.step;

import java.util.List;
import java.util.OptionalDouble;
import org.bilora.bilevel.UpperVariables;
import org.bilora.data.Task;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** C of a mini-batch, by what a task's logits stand for. */
public sealed interface TaskLoss permits ClassLoss, LabelLoss, ScoreLoss, TokenLoss {

  /**
   * The loss of a task: the registry.
   *
   * @param labelSmoothing ε; empty for none
   * @param classWeights in the order of the labels; empty where all are 1
   * @param focalGamma γ; empty for none
   * @throws IllegalArgumentException when there is something that scores do not have
   */
  static TaskLoss of(
      Task task,
      OptionalDouble labelSmoothing,
      List<Double> classWeights,
      OptionalDouble focalGamma) {
    double smoothing = labelSmoothing.orElse(0);
    double focus = focalGamma.orElse(0);
    return switch (task.type()) {
      case CLASSIFICATION ->
          new ClassLoss(new CrossEntropy(task.labels().size(), smoothing, focus, classWeights));
      case MULTI_LABEL ->
          new LabelLoss(
              task.labels().size(), new CrossEntropy(2, smoothing, focus, List.of()), classWeights);
      case REGRESSION -> {
        requireNone(smoothing, focus, classWeights);
        yield new ScoreLoss(task.outputs());
      }
      case TOKEN_CLASSIFICATION ->
          new TokenLoss(new CrossEntropy(task.labels().size(), smoothing, focus, classWeights));
      case LANGUAGE_MODELLING ->
          throw new IllegalArgumentException(
              "task %s is a language model's; it has no labels".formatted(task.name()));
    };
  }

  private static void requireNone(double smoothing, double focus, List<Double> classWeights) {
    if (smoothing > 0) {
      throw new IllegalArgumentException(
          "labelSmoothing is %s, but the task has scores, not labels; it must be 0"
              .formatted(smoothing));
    }
    if (focus > 0 || !classWeights.isEmpty()) {
      throw new IllegalArgumentException(
          "the task has scores, not classes; focal loss and class weights are for classes");
    }
  }

  /** The loss of a task as it is reported. */
  static TaskLoss of(Task task) {
    return of(task, OptionalDouble.empty(), List.of(), OptionalDouble.empty());
  }

  /**
   * Of one score where there is one output, else of one class of several.
   *
   * @throws IllegalArgumentException when a score's labels are to be smoothed
   */
  static TaskLoss of(int outputs, double smoothing) {
    if (outputs == 1) {
      requireNone(smoothing, 0, List.of());
      return new ScoreLoss(1);
    }
    return new ClassLoss(new CrossEntropy(outputs, smoothing));
  }

  /**
   * Losses with what each counts: one per example, or per word.
   *
   * @param logits {@code [rows, outputs]}, or {@code [rows × length, outputs]} for words
   * @param targets of all rows one after the other, as {@link org.bilora.data.Batch} has them
   * @param rowWeights 1 for an example and 0 for a padding row, {@code [rows]}
   */
  UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights);

  /** Their mean, padding left out; scalar. */
  default Operand<TFloat32> mean(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {
    return examples(tf, logits, targets, rowWeights).mean(tf);
  }

  /** Whether logits of a row are those of one distribution over classes. */
  default boolean ofClasses() {
    return true;
  }

  /** What is reported: the same without smoothing, weights and focus. */
  TaskLoss plain();
}
