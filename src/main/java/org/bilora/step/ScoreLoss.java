package org.bilora.step;

import org.bilora.bilevel.UpperVariables;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Squared error, averaged over examples and scores.
 *
 * @param scores per text
 */
record ScoreLoss(int scores) implements TaskLoss {

  @Override
  public UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets, Operand<TFloat32> rowWeights) {
    Operand<TFloat32> squared =
        tf.math.square(tf.math.sub(tf.reshape(logits, tf.constant(new int[] {-1})), targets));
    Operand<TFloat32> perRow =
        scores == 1
            ? squared
            : tf.math.mean(
                tf.reshape(squared, tf.constant(new int[] {-1, scores})), tf.constant(1));
    return CrossEntropy.counting(perRow, rowWeights);
  }

  @Override
  public boolean ofClasses() {
    return false;
  }

  @Override
  public TaskLoss plain() {
    return this;
  }
}
