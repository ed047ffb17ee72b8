package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The embeddings of BERT and its relatives: LayerNorm(word + token type + position), the last two
 * where a kind has them.
 *
 * @param width of the embeddings
 * @param positions whether there is a position embedding
 * @param types whether there is a token-type embedding
 */
record Embeddings(int width, boolean positions, boolean types) {
  private static final String WORD = "embeddings.word_embeddings";
  private static final String POSITION = "embeddings.position_embeddings";
  private static final String TYPE = "embeddings.token_type_embeddings";
  static final String NORM = "embeddings.LayerNorm";

  /** Adds the tables; layer normalisation is the caller's. */
  void addTables(EncoderConfig config, TensorShapes shapes) {
    shapes.matrix(WORD, config.vocabSize(), width);
    if (positions) {
      shapes.matrix(POSITION, config.maxPositions(), width);
    }
    if (types) {
      shapes.matrix(TYPE, config.typeVocabSize(), width);
    }
  }

  /** Adds the tables and their layer normalisation. */
  void addTensors(EncoderConfig config, TensorShapes shapes) {
    addTables(config, shapes);
    shapes.layerNorm(NORM, width);
  }

  /**
   * The sum.
   *
   * @param places {@code [rows, length]}, read where there is a position embedding
   * @return {@code [tokens, width]}
   */
  <T extends TFloating> Operand<T> sum(EncoderPass<T> pass, Operand<TInt32> places) {
    Ops tf = pass.tf();
    Operand<T> sum = pass.lookUp(WORD, pass.inputs().inputIds());
    if (types) {
      sum = tf.math.add(sum, pass.lookUp(TYPE, pass.inputs().tokenTypeIds()));
    }
    if (positions) {
      sum = tf.math.add(sum, pass.lookUp(POSITION, places));
    }
    return pass.byToken(sum, width);
  }

  /**
   * Layer normalisation.
   *
   * @param sum {@code [tokens, width]}, or wider where a kind projects before
   */
  <T extends TFloating> Operand<T> normalized(EncoderPass<T> pass, Operand<T> sum) {
    return pass.layerNorm(NORM, sum);
  }

  /** dropout(LayerNorm(sum)), {@code [tokens, width]}. */
  <T extends TFloating> Operand<T> of(EncoderPass<T> pass, Operand<TInt32> places) {
    return pass.hiddenDropout(normalized(pass, sum(pass, places)));
  }
}
