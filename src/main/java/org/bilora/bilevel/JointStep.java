package org.bilora.bilevel;

import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.GradientTape;
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
    GradientTape lowerTape = new GradientTape(tf, problem.lowerGroup(), lower.adam().values());
    GradientTape upperTape = new GradientTape(tf, problem.upperGroup(), upper.adam().values());
    PartedLoss parted =
        PartedLoss.of(
            tf,
            problem.parts(),
            (ops, part) ->
                problem.lowerLoss(ops, 0, part, lowerTape.watched(), upperTape.watched()),
            List.of(lowerTape, upperTape));
    Loss loss = parted.loss();
    List<Operand<TFloat32>> gradients =
        List.of(
            problem.lowerGroup().join(tf, parted.gradients().get(0)),
            problem.upperGroup().join(tf, parted.gradients().get(1)));
    LevelOptimizer.Update lowerUpdate =
        lowerOptimizer.update(
            tf,
            problem.lowerGroup(),
            lower,
            LevelGradient.of(gradients.get(0), loss, lowerTape),
            lowerLearningRate);
    LevelOptimizer.Update upperUpdate =
        upperOptimizer.update(
            tf,
            problem.upperGroup(),
            upper,
            LevelGradient.of(gradients.get(1), loss, upperTape),
            upperLearningRate);
    return new StepOutcome(
        Optional.of(StepOutcome.Moved.of(lowerUpdate, gradients.get(0))),
        Optional.of(StepOutcome.Moved.of(upperUpdate, gradients.get(1))),
        Optional.of(loss.task()),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }
}
