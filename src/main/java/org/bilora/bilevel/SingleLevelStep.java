package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One ordinary training step: the lower level alone, with the same objective, clipping and
 * optimizer as in bi-level training.
 */
public record SingleLevelStep(LevelOptimizer optimizer) {

  /**
   * The state after the step and what to report.
   *
   * @param loss task loss before the update, scalar
   * @param gradientNorm before clipping, scalar
   */
  public record Outcome(LevelState state, Operand<TFloat32> loss, Operand<TFloat32> gradientNorm) {}

  /** Adds the step to the graph, on the problem's first lower mini-batch. */
  public Outcome run(
      Ops tf, BilevelProblem problem, LevelState state, Operand<TFloat32> learningRate) {
    GradientTape tape = new GradientTape(tf, problem.lowerGroup(), state.adam().values());
    Loss loss = problem.lowerLoss(tf, 0, tape.watched(), List.of());
    LevelOptimizer.Update update =
        optimizer.update(
            tf, problem.lowerGroup(), state, tape.gradient(loss.objective()), learningRate);
    return new Outcome(update.state(), loss.task(), update.gradientNorm());
  }
}
