package org.bilora.text.graph;

import org.tensorflow.Operand;
import org.tensorflow.types.TInt32;

/**
 * The tokens of texts as one vector.
 *
 * @param ids token ids, {@code [n]}
 * @param rows which text each belongs to, ascending, {@code [n]}
 */
record FlatTokens(Operand<TInt32> ids, Operand<TInt32> rows) {}
