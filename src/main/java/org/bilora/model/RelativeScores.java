package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * From scores by distance to scores by key, by rearranging alone: a row of 2 · length scores, one
 * for each distance, is cut at the row's own place. Laid one after another and read in rows shorter
 * by one, each row begins one distance earlier than the row before.
 */
final class RelativeScores {
  private RelativeScores() {}

  /**
   * y[…, i, j] = x[…, i, j − i + length].
   *
   * @param x {@code [rows, heads, length, 2 · length]}, or any number of leading axes of that size;
   *     column c belongs to the distance c − length
   * @return {@code [rows, heads, length, length]}
   */
  static <T extends TFloating> Operand<T> byKey(
      Ops tf, EncoderInputs inputs, Operand<T> x, int heads) {
    int[] any = {-1};
    int[] length = {0, 1};
    Operand<T> laid = tf.reshape(x, inputs.sizes(tf, any, new int[] {0, 0, 2}));
    Operand<T> cut =
        tf.slice(laid, inputs.sizes(tf, new int[] {0}, length), inputs.sizes(tf, any, any));
    Operand<T> shorter = tf.reshape(cut, inputs.sizes(tf, any, length, new int[] {-1, 2}));
    Operand<T> keys =
        tf.slice(shorter, tf.constant(new int[3]), inputs.sizes(tf, any, any, length));
    return tf.reshape(keys, inputs.sizes(tf, any, new int[] {heads}, length, length));
  }
}
