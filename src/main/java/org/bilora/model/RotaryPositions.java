package org.bilora.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Rotary position embedding (Su et al. 2021): of a head's d values, number i and number i + d/2 are
 * a point in the plane, turned by the angle position · θ^(−2i/d). The product of a query and a key
 * so depends on the difference of their positions. In float32.
 *
 * @param cosine {@code [length, d/2]}
 * @param sine {@code [length, d/2]}
 */
record RotaryPositions(Operand<TFloat32> cosine, Operand<TFloat32> sine) {

  /**
   * The rotations of positions.
   *
   * @param positions {@code [length]}
   * @param headSize d, even
   * @param theta θ
   */
  static RotaryPositions of(Ops tf, Operand<TInt32> positions, int headSize, double theta) {
    float[] frequencies = new float[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / (float) Math.pow(theta, (double) (2 * i) / headSize);
    }
    Operand<TFloat32> column =
        tf.expandDims(tf.dtypes.cast(positions, TFloat32.class), tf.constant(1));
    Operand<TFloat32> angles = tf.math.mul(column, tf.constant(frequencies));
    return new RotaryPositions(tf.math.cos(angles), tf.math.sin(angles));
  }

  /**
   * Queries or keys turned.
   *
   * @param x {@code [rows, heads, length, d]}
   * @return of the same shape
   */
  <T extends TFloating> Operand<T> turned(Ops tf, Operand<T> x) {
    List<Output<TFloat32>> halves =
        tf.split(tf.constant(3), tf.dtypes.cast(x, TFloat32.class), 2L).output();
    Operand<TFloat32> first = halves.get(0);
    Operand<TFloat32> second = halves.get(1);
    Operand<TFloat32> joined =
        tf.concat(
            List.of(
                tf.math.sub(tf.math.mul(first, cosine), tf.math.mul(second, sine)),
                tf.math.add(tf.math.mul(second, cosine), tf.math.mul(first, sine))),
            tf.constant(3));
    return tf.dtypes.cast(joined, x.type());
  }
}
