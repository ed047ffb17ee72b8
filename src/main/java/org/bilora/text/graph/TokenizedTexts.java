package org.bilora.text.graph;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.types.TInt32;

/**
 * What a tokenizer in a graph yields: token ids of a batch, padded at the end to its longest text.
 *
 * @param inputIds token ids, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 * @param initializers operations that must run once before the first batch
 */
public record TokenizedTexts(
    Operand<TInt32> inputIds,
    Operand<TInt32> attentionMask,
    Operand<TInt32> tokenTypeIds,
    List<Op> initializers) {
  /** Keeps copies of the collections. */
  public TokenizedTexts {
    initializers = ImmutableList.copyOf(initializers);
  }
}
