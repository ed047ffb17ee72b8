package org.bilora.model;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;

/**
 * What an encoder reads, as operands.
 *
 * @param inputIds token ids, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 */
public record EncoderInputs(
    Operand<TInt32> inputIds, Operand<TInt32> attentionMask, Operand<TInt32> tokenTypeIds) {

  /**
   * A shape vector {@code [rows, length, rest…]}: constants where the shape of {@code inputIds} is
   * known (XLA needs that), computed where it is not (serving takes any batch).
   */
  Operand<TInt32> dimensions(Ops tf, int... rest) {
    Shape shape = inputIds.shape();
    if (!shape.hasUnknownDimension()) {
      int[] dimensions = new int[2 + rest.length];
      dimensions[0] = Math.toIntExact(shape.get(0));
      dimensions[1] = Math.toIntExact(shape.get(1));
      System.arraycopy(rest, 0, dimensions, 2, rest.length);
      return tf.constant(dimensions);
    }
    Operand<TInt32> known = tf.shape(inputIds);
    return rest.length == 0 ? known : tf.concat(List.of(known, tf.constant(rest)), tf.constant(0));
  }
}
