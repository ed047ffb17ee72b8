package org.bilora.step;

import java.util.List;
import java.util.Optional;
import org.bilora.bilevel.UpperVariables;
import org.bilora.settings.Range;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Cross-entropy with smoothed labels (Szegedy et al. 2016, section 7), weights of classes and a
 * focus on what is not known yet (Lin et al. 2017, equation 5):
 *
 * <pre>
 * ℓ = − Σₖ wₖ qₖ (1 − pₖ)^γ log pₖ      qₖ = (1 − ε) [k = target] + ε / K over K classes
 * </pre>
 *
 * @param classes K
 * @param smoothing ε, 0 for the plain cross-entropy
 * @param focus γ, 0 for none
 * @param weights wₖ; empty where all are 1
 */
record CrossEntropy(int classes, double smoothing, double focus, List<Double> weights) {
  /** Below it (1 − p)^γ is held: its logarithm has no bound. */
  private static final float LEAST_DOUBT = 1e-6f;

  /** Checks the ranges. */
  CrossEntropy {
    Range.atLeastZeroBelowOne("labelSmoothing", smoothing);
    Range.notNegative("focalGamma", focus);
    weights = List.copyOf(weights);
    if (!weights.isEmpty() && weights.size() != classes) {
      throw new IllegalArgumentException(
          "%d class weights for %d classes; give one for each".formatted(weights.size(), classes));
    }
    weights.forEach(weight -> Range.positive("class weight", weight));
  }

  /** All classes weigh the same, and so do examples of all probabilities. */
  CrossEntropy(int classes, double smoothing) {
    this(classes, smoothing, 0, List.of());
  }

  /** The same without smoothing, focus and weights. */
  CrossEntropy plain() {
    return new CrossEntropy(classes, 0);
  }

  /**
   * ℓ of each row.
   *
   * @param logits {@code [rows, classes]}
   * @param targets {@code [rows]}
   * @return {@code [rows]}
   */
  Operand<TFloat32> perRow(Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets) {
    Operand<TFloat32> logProbabilities = tf.nn.logSoftmax(logits);
    Operand<TFloat32> shares = labels(tf, targets);
    if (!weights.isEmpty()) {
      shares = tf.math.mul(shares, weights(tf));
    }
    if (focus > 0) {
      shares = tf.math.mul(shares, doubt(tf, logProbabilities));
    }
    return tf.math.neg(
        tf.reduceSum(tf.math.mul(shares, logProbabilities), tf.constant(new int[] {1})));
  }

  /** (1 − p)^γ, {@code [rows, classes]}. */
  private Operand<TFloat32> doubt(Ops tf, Operand<TFloat32> logProbabilities) {
    Operand<TFloat32> doubt =
        tf.math.maximum(
            tf.math.sub(tf.constant(1f), tf.math.exp(logProbabilities)), tf.constant(LEAST_DOUBT));
    return tf.math.exp(tf.math.mul(tf.constant((float) focus), tf.math.log(doubt)));
  }

  /**
   * ℓ of each row with what it counts in a mean, which is as much as its target's class weighs: Σ ℓ
   * / Σ w over the rows.
   *
   * @param rowWeights 1 for a row that counts, 0 for another, {@code [rows]}
   */
  UpperVariables.Examples examples(
      Ops tf, Operand<TFloat32> logits, Operand<TInt32> targets, Operand<TFloat32> rowWeights) {
    Operand<TFloat32> perRow = perRow(tf, logits, targets);
    if (weights.isEmpty()) {
      return counting(perRow, rowWeights);
    }
    Operand<TFloat32> own =
        tf.reduceSum(
            tf.math.mul(plain().labels(tf, targets), weights(tf)), tf.constant(new int[] {1}));
    return counting(tf.math.div(perRow, own), tf.math.mul(rowWeights, own));
  }

  /** Losses that count as much as their weights. */
  static UpperVariables.Examples counting(Operand<TFloat32> losses, Operand<TFloat32> weights) {
    return new UpperVariables.Examples(losses, Optional.empty(), Optional.of(weights));
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

  /** w, {@code [classes]}. */
  private Operand<TFloat32> weights(Ops tf) {
    float[] values = new float[classes];
    for (int k = 0; k < classes; k++) {
      values[k] = weights.get(k).floatValue();
    }
    return tf.constant(values);
  }
}
