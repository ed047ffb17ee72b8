package org.bilora.model;

import org.tensorflow.Operand;
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
    return Layers.dimensions(tf, inputIds, rest);
  }
}
