package org.bilora.bilevel;

import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * The finite-difference estimator of DARTS (Liu et al. 2019, equation 8): the second term by a
 * central difference around V, multiplied by ξ. 8 F.
 *
 * @param epsilon length of the displacement in V, above 0; DARTS uses 0.01
 */
public record Darts(
    @Knob(option = "--displacement", label = "X", help = "Length of the displacement in V, above 0")
        double epsilon)
    implements Hypergradient {
  // Keeps a vanishing ∂L₂/∂V' from dividing by zero; far below any gradient that matters.
  private static final double FLOOR = 1e-20;

  /** Checks the range. */
  public Darts {
    CentralDifference.requirePositive(epsilon);
  }

  @Override
  public Estimate estimate(Point point) {
    UpperPass pass = point.upperPassAt(point.unrolledLower());
    Operand<TFloat32> second =
        CentralDifference.mixedSecondDerivative(point, point.lower(), pass.byLower, epsilon, FLOOR);
    return point.estimate(
        pass.byUpper, point.tf().math.neg(point.tf().math.mul(point.xi(), second)), pass);
  }

  @Override
  public String id() {
    return "darts";
  }

  @Override
  public int backbonePasses() {
    return 8;
  }
}
