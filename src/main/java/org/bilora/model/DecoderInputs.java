package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.types.TInt32;

/**
 * What a decoder reads, as operands. Padding may stand before or after a text: positions count
 * tokens, not columns.
 *
 * @param inputIds token ids, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}
 */
public record DecoderInputs(Operand<TInt32> inputIds, Operand<TInt32> attentionMask) {}
