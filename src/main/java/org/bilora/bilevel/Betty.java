package org.bilora.bilevel;

import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * The finite difference as the Betty library computes it, for comparison with published code: L₂
 * and the displacement are taken at V after the optimizer's lower step, and the second term carries
 * no ξ. 8 F.
 *
 * @param epsilon length of the displacement in V, above 0; Betty uses 0.01
 */
public record Betty(
    @Knob(option = "--displacement", label = "X", help = "Length of the displacement in V, above 0")
        double epsilon)
    implements Hypergradient {
  private static final double FLOOR = 1e-15;

  /** Checks the range. */
  public Betty {
    CentralDifference.requirePositive(epsilon);
  }

  @Override
  public Estimate estimate(Point point) {
    UpperPass pass = point.upperPassAt(point.updatedLower());
    Operand<TFloat32> second =
        CentralDifference.mixedSecondDerivative(
            point, point.updatedLower(), pass.byLower, epsilon, FLOOR);
    return point.estimate(pass.byUpper, point.tf().math.neg(second), pass);
  }

  @Override
  public String id() {
    return "betty";
  }

  @Override
  public int backbonePasses() {
    return 8;
  }
}
