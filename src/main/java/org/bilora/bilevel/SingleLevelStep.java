package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One ordinary training step of one level, the other held constant, with the same objective,
 * clipping and optimizer as in bi-level training.
 */
public record SingleLevelStep(LevelOptimizer optimizer) {

  /**
   * Moves V on the problem's first lower mini-batch.
   *
   * @param upper E, one operand per parameter; empty where there is no upper level
   */
  public StepOutcome lower(
      Ops tf,
      BilevelProblem problem,
      LevelState lower,
      List<Operand<TFloat32>> upper,
      Operand<TFloat32> learningRate) {
    GradientTape tape = new GradientTape(tf, problem.lowerGroup(), lower.adam().values());
    PartedLoss parted =
        PartedLoss.of(
            tf,
            problem.parts(),
            (ops, part) -> problem.lowerLoss(ops, 0, part, tape.watched(), upper),
            List.of(tape));
    Loss loss = parted.loss();
    Operand<TFloat32> gradient = problem.lowerGroup().join(tf, parted.gradients().get(0));
    LevelOptimizer.Update update =
        optimizer.update(
            tf, problem.lowerGroup(), lower, LevelGradient.of(gradient, loss, tape), learningRate);
    return StepOutcome.ofLower(StepOutcome.Moved.of(update, gradient), loss.task());
  }

  /**
   * Moves E on the problem's first upper mini-batch.
   *
   * @param lower V, one operand per parameter
   */
  public StepOutcome upper(
      Ops tf,
      BilevelProblem problem,
      List<Operand<TFloat32>> lower,
      LevelState upper,
      Operand<TFloat32> learningRate) {
    GradientTape tape = new GradientTape(tf, problem.upperGroup(), upper.adam().values());
    PartedLoss parted =
        PartedLoss.of(
            tf,
            problem.parts(),
            (ops, part) -> problem.upperLoss(ops, 0, part, lower, tape.watched()),
            List.of(tape));
    Loss loss = parted.loss();
    Operand<TFloat32> gradient = problem.upperGroup().join(tf, parted.gradients().get(0));
    LevelOptimizer.Update update =
        optimizer.update(
            tf, problem.upperGroup(), upper, LevelGradient.of(gradient, loss, tape), learningRate);
    return StepOutcome.ofUpper(StepOutcome.Moved.of(update, gradient), loss.task());
  }
}
