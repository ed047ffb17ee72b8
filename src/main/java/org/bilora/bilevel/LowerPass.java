package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.GradientTape;
import org.bilora.autodiff.ParameterGroup;
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

  /** The same by parameter: what the second derivative starts from. */
  private final List<Operand<TFloat32>> gradients;

  private final GradientTape upperTape;
  private final ParameterGroup lowerGroup;
  private final Ops tf;

  /**
   * @param lower V, {@code [lower size]}
   * @param upper E, {@code [upper size]}
   */
  LowerPass(
      Ops tf, BilevelProblem problem, int batch, Operand<TFloat32> lower, Operand<TFloat32> upper) {
    this.tf = tf;
    this.lowerGroup = problem.lowerGroup();
    GradientTape lowerTape = new GradientTape(tf, lowerGroup, lower);
    upperTape = new GradientTape(tf, problem.upperGroup(), upper);
    loss = problem.lowerLoss(tf, batch, lowerTape.watched(), upperTape.watched());
    gradients = lowerTape.gradients(loss.objective());
    gradient = lowerGroup.join(tf, gradients);
  }

  /**
   * (∂²L₁/∂E∂V) v by reverse over reverse.
   *
   * @param v {@code [lower size]}, held constant
   * @return {@code [upper size]}
   */
  Operand<TFloat32> mixedSecondDerivative(Operand<TFloat32> v) {
    return upperTape.vectorJacobianProduct(gradients, lowerGroup.split(tf, v));
  }
}
