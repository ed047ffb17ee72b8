package org.bilora.step;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Cross-entropy with smoothed labels (Szegedy et al. 2016, section 7): ℓ = − Σₖ qₖ log pₖ with q =
 * (1 − ε) [k = target] + ε / K over K classes.
 *
 * @param classes K
 * @param smoothing ε, 0 for the plain cross-entropy
 */
record CrossEntropy(int classes, double smoothing) {

  /**
   * ℓ of each row.
   *
   * @param logits {@code [rows, classes]}
   * @param targets {@code [rows]}
   * @return {@code [rows]}
   */
  Operand<TFloat32> perRow(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
    Operand<TFloat32> logProbabilities = tf.nn.logSoftmax(logits);
    return tf.math.neg(
        tf.reduceSum(
            tf.math.mul(labels(tf, targets), logProbabilities), tf.constant(new int[] {1})));
  }

  /**
   * The same by one operation that yields the gradient too: with as many classes as there are
   * tokens, reading and writing a matrix of them is what a loss costs.
   */
  Operand<TFloat32> fusedPerRow(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
    return tf.nn.softmaxCrossEntropyWithLogits(logits, labels(tf, targets)).loss();
  }

  /** q, {@code [rows, classes]}. */
  private Operand<TFloat32> labels(Ops tf, Operand<TInt32> targets) {
    double others = smoothing / classes;
    return tf.oneHot(
        targets,
        tf.constant(classes),
        tf.constant((float) (1 - smoothing + others)),
        tf.constant((float) others));
  }

  /** Mean over the rows whose weight is 1; scalar. */
  static Operand<TFloat32> mean(Ops tf, Operand<TFloat32> perRow, Operand<TFloat32> weights) {
    Operand<TInt32> axis = tf.constant(0);
    Operand<TFloat32> sum = tf.reduceSum(tf.math.mul(perRow, weights), axis);
    return tf.math.div(sum, tf.reduceSum(weights, axis));
  }
}
