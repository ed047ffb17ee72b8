package org.bilora.step;

import org.bilora.bilevel.UpperVariables;
import org.bilora.data.Batch;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Cross-entropy of a class per word, at each word's first token, averaged over words. */
record TokenLoss(CrossEntropy crossEntropy) implements TaskLoss {

  /**
   * As {@link TaskLoss#examples}.
   *
   * @param logits {@code [rows × length, classes]}
   * @param targets {@link Batch#NO_WORD} for a token with which no word begins, {@code [rows ×
   *     length]}
   */
  @Override
  public UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {
    Operand<TFloat32> zero = tf.constant(0f);
    Operand<TFloat32> words = tf.dtypes.cast(tf.math.greaterEqual(targets, zero), TFloat32.class);
    Operand<TInt32> classes = tf.dtypes.cast(tf.math.maximum(targets, zero), TInt32.class);
    return crossEntropy.examples(tf, logits, classes, words);
  }

  @Override
  public TaskLoss plain() {
    return new TokenLoss(crossEntropy.plain());
  }
}
