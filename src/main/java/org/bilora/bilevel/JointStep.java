package org.bilora.bilevel;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One step of V and E together on one objective and one mini-batch, min over (V, E) of L₁: the
 * problem as if it had one level. Each group is clipped and moved by an optimizer of its own.
 *
 * @param lowerOptimizer moves V
 * @param upperOptimizer moves E
 */
public record JointStep(LevelOptimizer lowerOptimizer, LevelOptimizer upperOptimizer) {

  /** Adds the step to the graph, on the problem's first lower mini-batch. */
  public StepOutcome run(
      Ops tf,
      BilevelProblem problem,
      LevelState lower,
      LevelState upper,
      Operand<TFloat32> lowerLearningRate,
      Operand<TFloat32> upperLearningRate) {
    LowerPass pass = new LowerPass(tf, problem, 0, lower.adam().values(), upper.adam().values());
    LevelOptimizer.Update lowerUpdate =
        lowerOptimizer.update(
            tf, problem.lowerGroup(), lower, pass.levelGradient, lowerLearningRate);
    LevelOptimizer.Update upperUpdate =
        upperOptimizer.update(
            tf, problem.upperGroup(), upper, pass.upperLevelGradient(), upperLearningRate);
    return new StepOutcome(
        Optional.of(StepOutcome.Moved.of(lowerUpdate, pass.gradient)),
        Optional.of(StepOutcome.Moved.of(upperUpdate, pass.byUpper)),
        Optional.of(pass.loss.task()),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }
}
