package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * L₁ and ∇_V L₁ at one point (V, E), formed once and used twice: by the lower step and by the
 * hypergradient.
 */
final class LowerPass {
  final Loss loss;

  /** ∇_V L₁(V, E), a function of what {@link #upperTape} watches. */
  final Operand<TFloat32> gradient;

  private final GradientTape upperTape;

  /**
   * @param lower V, {@code [lower size]}
   * @param upper E, {@code [upper size]}
   */
  LowerPass(
      Ops tf, BilevelProblem problem, int batch, Operand<TFloat32> lower, Operand<TFloat32> upper) {
    GradientTape lowerTape = new GradientTape(tf, problem.lowerGroup(), lower);
    upperTape = new GradientTape(tf, problem.upperGroup(), upper);
    loss = problem.lowerLoss(tf, batch, lowerTape.watched(), upperTape.watched());
    gradient = lowerTape.gradient(loss.objective());
  }

  /**
   * (∂²L₁/∂E∂V) v by reverse over reverse.
   *
   * @param v {@code [lower size]}, held constant
   * @return {@code [upper size]}
   */
  Operand<TFloat32> mixedSecondDerivative(Operand<TFloat32> v) {
    return upperTape.vectorJacobianProduct(List.of(gradient), List.of(v));
  }
}
