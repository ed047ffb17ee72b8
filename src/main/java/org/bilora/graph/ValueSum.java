package org.bilora.graph;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.TFloat32;

/**
 * Sums over the values of one training, or of several that run side by side in lanes, each over its
 * own. What is a number of one training is a column of several, so that either may be multiplied
 * with all values.
 */
public final class ValueSum {
  private ValueSum() {}

  /**
   * Σ over the values.
   *
   * @param values {@code [n]}, or of lanes {@code [lanes, n]}
   * @return scalar, or {@code [lanes, 1]}
   */
  public static Operand<TFloat32> of(Ops tf, Operand<TFloat32> values) {
    return values.shape().numDimensions() == 1
        ? tf.reduceSum(values, tf.constant(0))
        : tf.reduceSum(values, tf.constant(new int[] {1}), ReduceSum.keepDims(true));
  }
}
