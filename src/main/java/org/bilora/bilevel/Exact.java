package org.bilora.bilevel;

import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * Differentiates through the unrolled step: the second term is a vector-Jacobian product of ∇_V L₁,
 * reverse over reverse, on the forward and backward pass that the lower step formed. 6 F.
 */
public record Exact() implements Hypergradient {

  @Override
  public Estimate estimate(Point point) {
    UpperPass pass = point.upperPassAt(point.unrolledLower());
    Operand<TFloat32> second = point.lowerPass().mixedSecondDerivative(pass.byLower);
    return point.estimate(
        pass.byUpper, point.tf().math.neg(point.tf().math.mul(point.xi(), second)), pass.loss);
  }

  @Override
  public String id() {
    return "exact";
  }

  @Override
  public int backbonePasses() {
    return 6;
  }
}
