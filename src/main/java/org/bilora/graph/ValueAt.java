package org.bilora.graph;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/** One of the values of one training, or of each of several that run side by side in lanes. */
public final class ValueAt {
  private ValueAt() {}

  /**
   * The value at a position.
   *
   * @param values {@code [n]}, or of lanes {@code [lanes, n]}
   * @param position from 0, below n
   * @return {@code [1]}, or {@code [lanes, 1]}
   */
  public static <T extends TType> Operand<T> of(Ops tf, Operand<T> values, int position) {
    return values.shape().numDimensions() == 1
        ? tf.slice(values, tf.constant(new int[] {position}), tf.constant(new int[] {1}))
        : tf.slice(values, tf.constant(new int[] {0, position}), tf.constant(new int[] {-1, 1}));
  }
}
