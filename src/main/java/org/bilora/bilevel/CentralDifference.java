package org.bilora.bilevel;

import org.bilora.optim.GlobalNormClipping;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** (∂²L₁/∂E∂V) v ≈ [∂L₁(V + hv, E)/∂E − ∂L₁(V − hv, E)/∂E] / 2h with h = ε / (‖v‖₂ + floor). */
final class CentralDifference {
  private CentralDifference() {}

  /**
   * @param around V, {@code [lower size]}
   * @param v direction, {@code [lower size]}
   * @param epsilon length of the displacement hv
   * @param floor added to ‖v‖₂
   * @return {@code [upper size]}
   */
  static Operand<TFloat32> mixedSecondDerivative(
      Hypergradient.Point point,
      Operand<TFloat32> around,
      Operand<TFloat32> v,
      double epsilon,
      double floor) {
    Ops tf = point.tf();
    Operand<TFloat32> norm =
        tf.math.add(GlobalNormClipping.norm(tf, v), tf.constant((float) floor));
    Operand<TFloat32> h = tf.math.div(tf.constant((float) epsilon), norm);
    Operand<TFloat32> displacement = tf.math.mul(h, v);
    Operand<TFloat32> plus = point.lowerLossByUpper(tf.math.add(around, displacement));
    Operand<TFloat32> minus = point.lowerLossByUpper(tf.math.sub(around, displacement));
    return tf.math.div(tf.math.sub(plus, minus), tf.math.mul(tf.constant(2f), h));
  }

  static double requirePositive(double epsilon) {
    if (!(epsilon > 0 && Double.isFinite(epsilon))) {
      throw new IllegalArgumentException("epsilon is %s; it must be above 0".formatted(epsilon));
    }
    return epsilon;
  }
}
