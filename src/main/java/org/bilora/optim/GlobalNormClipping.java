package org.bilora.optim;

import org.bilora.graph.ValueSum;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Scales a gradient down to a largest Euclidean norm: g · min(1, c / ‖g‖₂) (Pascanu et al. 2013).
 *
 * @param maxNorm c; 0 leaves gradients as they are
 */
public record GlobalNormClipping(double maxNorm) {

  /** Checks the range. */
  public GlobalNormClipping {
    if (!(maxNorm >= 0 && Double.isFinite(maxNorm))) {
      throw new IllegalArgumentException(
          "maxNorm is %s; it must be 0 (no clipping) or more".formatted(maxNorm));
    }
  }

  /**
   * ‖g‖₂.
   *
   * @param gradient {@code [n]}, or of lanes {@code [lanes, n]}
   * @return scalar, or {@code [lanes, 1]}
   */
  public static Operand<TFloat32> norm(Ops tf, Operand<TFloat32> gradient) {
    return tf.math.sqrt(ValueSum.of(tf, tf.math.square(gradient)));
  }

  /**
   * The clipped gradient.
   *
   * @param gradient {@code [n]}
   * @param norm its norm, scalar
   */
  public Operand<TFloat32> apply(Ops tf, Operand<TFloat32> gradient, Operand<TFloat32> norm) {
    return maxNorm == 0 ? gradient : tf.math.mul(gradient, factor(tf, norm));
  }

  /**
   * min(1, c / ‖g‖₂), what a gradient is multiplied by.
   *
   * @param norm ‖g‖₂, scalar
   * @return scalar
   */
  public Operand<TFloat32> factor(Ops tf, Operand<TFloat32> norm) {
    if (maxNorm == 0) {
      return tf.constant(1f);
    }
    Operand<TFloat32> limit = tf.constant((float) maxNorm);
    return tf.math.div(limit, tf.math.maximum(norm, limit));
  }
}
