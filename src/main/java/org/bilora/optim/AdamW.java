package org.bilora.optim;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as a function of
 * (parameters, gradient, state):
 *
 * <pre>
 * m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
 * θ ← θ − η ( m̂ / (√v̂ + ε) + w θ )    m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
 * </pre>
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root of the second moment, above 0
 * @param weightDecay w, 0 or more, relative to the learning rate
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) {

  /** β₁ 0.9, β₂ 0.999, ε 1e-8, no weight decay. */
  public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8, 0);

  /** Checks the ranges. */
  public AdamW {
    require("beta1", beta1, beta1 >= 0 && beta1 < 1, "[0, 1)");
    require("beta2", beta2, beta2 >= 0 && beta2 < 1, "[0, 1)");
    require("epsilon", epsilon, epsilon > 0 && Double.isFinite(epsilon), "above 0");
    require(
        "weightDecay", weightDecay, weightDecay >= 0 && Double.isFinite(weightDecay), "0 or more");
  }

  /**
   * Parameters and moments, vectors of one length.
   *
   * @param values θ, {@code [n]}
   * @param firstMoment m, {@code [n]}
   * @param secondMoment v, {@code [n]}
   */
  public record State(
      Operand<TFloat32> values, Operand<TFloat32> firstMoment, Operand<TFloat32> secondMoment) {}

  /**
   * One update.
   *
   * @param gradient g, {@code [n]}
   * @param decayMask 1 where weight decay applies, {@code [n]}
   * @param learningRate η, scalar or {@code [n]}
   * @param count t, 1 at the first update, scalar
   */
  public State update(
      Ops tf,
      State state,
      Operand<TFloat32> gradient,
      Operand<TFloat32> decayMask,
      Operand<TFloat32> learningRate,
      Operand<TFloat32> count) {
    Operand<TFloat32> m = average(tf, state.firstMoment(), gradient, beta1);
    Operand<TFloat32> v = average(tf, state.secondMoment(), tf.math.square(gradient), beta2);
    Operand<TFloat32> change =
        tf.math.div(tf.math.div(m, correction(tf, beta1, count)), denominator(tf, v, count));
    if (weightDecay > 0) {
      change =
          tf.math.add(
              change,
              tf.math.mul(
                  tf.math.mul(decayMask, tf.constant((float) weightDecay)), state.values()));
    }
    return new State(tf.math.sub(state.values(), tf.math.mul(learningRate, change)), m, v);
  }

  /**
   * √v̂ + ε, which an update divides by: at rate 1 a gradient moves a parameter by its inverse,
   * once momentum has handed the whole of it on.
   *
   * @param secondMoment v after the update, {@code [n]}
   * @param count t of the update, scalar
   * @return {@code [n]}
   */
  public Operand<TFloat32> denominator(
      Ops tf, Operand<TFloat32> secondMoment, Operand<TFloat32> count) {
    Operand<TFloat32> root = tf.math.sqrt(tf.math.div(secondMoment, correction(tf, beta2, count)));
    return tf.math.add(root, tf.constant((float) epsilon));
  }

  /**
   * (1 − β₁) / (1 − β₁ᵗ), the share of a gradient in m̂ of the update that first sees it.
   *
   * @param count t of the update, scalar
   * @return scalar
   */
  public Operand<TFloat32> immediateShare(Ops tf, Operand<TFloat32> count) {
    return tf.math.div(tf.constant((float) (1 - beta1)), correction(tf, beta1, count));
  }

  private static Operand<TFloat32> average(
      Ops tf, Operand<TFloat32> old, Operand<TFloat32> fresh, double beta) {
    return tf.math.add(
        tf.math.mul(tf.constant((float) beta), old),
        tf.math.mul(tf.constant((float) (1 - beta)), fresh));
  }

  private static Operand<TFloat32> correction(Ops tf, double beta, Operand<TFloat32> count) {
    return tf.math.sub(tf.constant(1f), tf.math.pow(tf.constant((float) beta), count));
  }

  private static void require(String field, double value, boolean holds, String range) {
    if (!holds) {
      throw new IllegalArgumentException("%s is %s; it must be %s".formatted(field, value, range));
    }
  }
}
