package org.bilora.step;

import java.util.function.Function;
import org.bilora.bilevel.UpperVariables;
import org.bilora.model.HiddenKey;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A mini-batch's losses in two passes a and b with masks of their own, by example or token:
 *
 * <pre>
 * ℓ = ½ (ℓₐ + ℓ_b) + w ½ [KL(a‖b) + KL(b‖a)]
 * KL(a‖b) + KL(b‖a) = Σₖ (aₖ − bₖ) (log aₖ − log bₖ)
 * </pre>
 *
 * (R-Drop, Liang et al. 2021, arXiv 2106.14448, which adds the two losses: its α is 2w; see {@link
 * HiddenKey}.)
 *
 * @param objective ℓ
 * @param task ½ (ℓₐ + ℓ_b), which is what gets reported
 */
record TwoPasses(UpperVariables.Examples objective, UpperVariables.Examples task) {

  /**
   * Joins two passes.
   *
   * @param loss of one pass, from its logits
   * @param weight w
   * @param a logits of one pass, {@code [rows, classes]}
   * @param b of the other
   */
  static TwoPasses of(
      Ops tf,
      Function<Operand<TFloat32>, UpperVariables.Examples> loss,
      double weight,
      Operand<TFloat32> a,
      Operand<TFloat32> b) {
    UpperVariables.Examples first = loss.apply(a);
    Operand<TFloat32> half = tf.constant(0.5f);
    Operand<TFloat32> mean = tf.math.mul(half, tf.math.add(first.losses(), loss.apply(b).losses()));
    Operand<TFloat32> apart =
        tf.math.mul(tf.constant((float) (weight / 2)), bothDivergences(tf, a, b));
    return new TwoPasses(with(first, tf.math.add(mean, apart)), with(first, mean));
  }

  private static UpperVariables.Examples with(
      UpperVariables.Examples like, Operand<TFloat32> losses) {
    return new UpperVariables.Examples(losses, like.rows(), like.present());
  }

  /** KL(a‖b) + KL(b‖a), {@code [rows]}. */
  private static Operand<TFloat32> bothDivergences(
      Ops tf, Operand<TFloat32> a, Operand<TFloat32> b) {
    Operand<TFloat32> logA = tf.nn.logSoftmax(a);
    Operand<TFloat32> logB = tf.nn.logSoftmax(b);
    Operand<TFloat32> difference = tf.math.sub(tf.math.exp(logA), tf.math.exp(logB));
    Operand<TInt32> classes = tf.constant(new int[] {1});
    return tf.reduceSum(tf.math.mul(difference, tf.math.sub(logA, logB)), classes);
  }
}
