package org.bilora.bilevel;

import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** L₂ at one point (V', E) with both of its partial gradients. */
final class UpperPass {
  final Loss loss;

  /** v = ∂L₂/∂V', {@code [lower size]}. */
  final Operand<TFloat32> byLower;

  /** ∂L₂/∂E with V' held constant, {@code [upper size]}. */
  final Operand<TFloat32> byUpper;

  /** The penalty's part of ∂L₂/∂E, where it is clipped apart, {@code [upper size]}. */
  final Optional<Operand<TFloat32>> penaltyByUpper;

  /**
   * @param lower V', {@code [lower size]}
   * @param upper E, {@code [upper size]}
   */
  UpperPass(
      Ops tf, BilevelProblem problem, int batch, Operand<TFloat32> lower, Operand<TFloat32> upper) {
    GradientTape lowerTape = new GradientTape(tf, problem.lowerGroup(), lower);
    GradientTape upperTape = new GradientTape(tf, problem.upperGroup(), upper);
    PartedLoss parted =
        PartedLoss.of(
            tf,
            problem.parts(),
            (ops, part) ->
                problem.upperLoss(ops, batch, part, lowerTape.watched(), upperTape.watched()),
            List.of(lowerTape, upperTape));
    loss = parted.loss();
    byLower = problem.lowerGroup().join(tf, parted.gradients().get(0));
    byUpper = problem.upperGroup().join(tf, parted.gradients().get(1));
    penaltyByUpper = LevelGradient.of(byUpper, loss, upperTape).penalty();
  }
}
