package org.bilora.bilevel;

import java.util.List;
import java.util.Random;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * An example's weight as a function of its loss (Meta-Weight-Net, Shu et al. 2019, arXiv
 * 1902.07379), which holds for examples never seen before too:
 *
 * <pre>
 * L₁ = Σ wᵢ ℓᵢ / Σ wᵢ      wᵢ = sigmoid(uᵀ tanh(a ℓᵢ + b) + c), ℓᵢ held constant inside
 * </pre>
 *
 * <p>E is a, b, u and c; at the start u = 0 and c = 0, so that every weight is ½.
 *
 * @param hidden length of a, b and u, above 0
 * @param seed of a's and b's start values
 */
public record LossWeights(int hidden, long seed) implements UpperVariables {

  /** Checks the range. */
  public LossWeights {
    if (hidden < 1) {
      throw new IllegalArgumentException("hidden is %d; it must be 1 or more".formatted(hidden));
    }
  }

  @Override
  public ParameterGroup group() {
    Random random = new Random(seed);
    return new ParameterGroup(
        "upper",
        List.of(
            new Parameter("slope", new long[] {1, hidden}, normal(random), false),
            new Parameter("offset", new long[] {1, hidden}, normal(random), false),
            new Parameter("output", new long[] {hidden, 1}, new float[hidden], false),
            new Parameter("bias", new long[] {1, 1}, new float[1], false)));
  }

  private float[] normal(Random random) {
    float[] values = new float[hidden];
    for (int i = 0; i < hidden; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Override
  public Operand<TFloat32> lowerObjective(
      Ops tf, List<Operand<TFloat32>> upper, List<Operand<TFloat32>> lower, Examples examples) {
    return examples.mean(tf, weights(tf, upper, examples.losses()));
  }

  /**
   * The weights of examples.
   *
   * @param upper E, one operand per parameter
   * @param losses {@code [batch]}
   * @return {@code [batch]}
   */
  public Operand<TFloat32> weights(
      Ops tf, List<Operand<TFloat32>> upper, Operand<TFloat32> losses) {
    // Held constant: V must not lower an example's weight by raising its loss.
    Operand<TFloat32> held = tf.stopGradient(losses);
    Operand<TFloat32> column = tf.reshape(held, tf.constant(Shape.of(losses.shape().get(0), 1)));
    Operand<TFloat32> inner =
        tf.math.tanh(tf.math.add(tf.linalg.matMul(column, upper.get(0)), upper.get(1)));
    Operand<TFloat32> outer = tf.math.add(tf.linalg.matMul(inner, upper.get(2)), upper.get(3));
    return tf.math.sigmoid(tf.reshape(outer, tf.constant(losses.shape())));
  }
}
