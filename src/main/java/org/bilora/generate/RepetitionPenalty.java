package org.bilora.generate;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * The penalty of Keskar et al. (2019) on tokens that a row has read, in its prompt or since: their
 * scores s become s / p where they are positive, else p · s. Keeps the tokens of each row.
 *
 * <p>The scores are logits, or log probabilities in beam search, which then sums what the penalty
 * made of them, as Hugging Face Transformers does.
 */
final class RepetitionPenalty {
  private final double penalty;
  private final int vocabularySize;
  private final Placeholder<TBool> read;
  private List<BitSet> rows = List.of();

  /**
   * A penalty.
   *
   * @param penalty p, above 0; 1 for none
   */
  RepetitionPenalty(Ops tf, double penalty, int vocabularySize) {
    this.penalty = penalty;
    this.vocabularySize = vocabularySize;
    this.read =
        tf.placeholder(
            TBool.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, vocabularySize)));
  }

  boolean isNone() {
    return penalty == 1;
  }

  Placeholder<TBool> read() {
    return read;
  }

  /** The scores with the penalty, {@code [rows, vocabulary]}. */
  Operand<TFloat32> apply(Ops tf, Operand<TFloat32> scores) {
    if (isNone()) {
      return scores;
    }
    Operand<TFloat32> p = tf.constant((float) penalty);
    Operand<TFloat32> penalised =
        tf.select(
            tf.math.less(scores, tf.constant(0f)), tf.math.mul(scores, p), tf.math.div(scores, p));
    return tf.select(read, penalised, scores);
  }

  /** Rows that read these texts and nothing before. */
  void start(List<int[]> texts) {
    List<BitSet> fresh = new ArrayList<>();
    for (int[] text : texts) {
      BitSet tokens = new BitSet();
      for (int token : text) {
        tokens.set(token);
      }
      fresh.add(tokens);
    }
    rows = fresh;
  }

  /**
   * Rows that continue the earlier ones by a token.
   *
   * @param parents the earlier row of each
   * @param tokens the token that each reads
   */
  void next(int[] parents, int[] tokens) {
    List<BitSet> longer = new ArrayList<>();
    for (int row = 0; row < parents.length; row++) {
      BitSet read = (BitSet) rows.get(parents[row]).clone();
      read.set(tokens[row]);
      longer.add(read);
    }
    rows = longer;
  }

  /** What the rows have read, to feed, {@code [rows, vocabulary]}. */
  TBool tensor() {
    TBool tensor = TBool.tensorOf(Shape.of(rows.size(), vocabularySize));
    for (int row = 0; row < rows.size(); row++) {
      boolean[] flags = new boolean[vocabularySize];
      rows.get(row).stream().filter(token -> token < vocabularySize).forEach(t -> flags[t] = true);
      NdArrays.vectorOf(flags).copyTo(tensor.get(row));
    }
    return tensor;
  }
}
