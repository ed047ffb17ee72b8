package org.bilora.text.graph;

import org.tensorflow.op.Ops;

/** A tokenizer's way from characters to tokens: normalizer, pre-tokenizer and model. */
sealed interface Subwords permits WordPiece, BytePairs {
  /**
   * The tokens of texts.
   *
   * @param added where tokens stand in the text literally
   * @param tables tables of the graph
   */
  FlatTokens tokens(Ops tf, FlatText text, AddedTokenSplit.Marks added, Tables tables);
}
