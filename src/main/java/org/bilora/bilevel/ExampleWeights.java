package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A weight for every example of the lower level's data (Ren et al. 2018, arXiv 1803.09050, with
 * weights that are kept rather than found anew for each mini-batch):
 *
 * <pre>
 * L₁ = Σ wᵢ ℓᵢ / Σ wᵢ over the mini-batch      wᵢ = sigmoid(Eᵢ), ½ at the start
 * </pre>
 *
 * <p>Examples with wrong labels get small weights when L₂ is taken on a few clean ones. A
 * mini-batch of one example does not see its weight.
 *
 * @param examples how many the lower level's data has, above 0
 */
public record ExampleWeights(int examples) implements UpperVariables {

  /** Checks the range. */
  public ExampleWeights {
    if (examples < 1) {
      throw new IllegalArgumentException(
          "examples is %d; it must be 1 or more".formatted(examples));
    }
  }

  @Override
  public ParameterGroup group() {
    return new ParameterGroup(
        "upper",
        List.of(
            new Parameter("example_weights", new long[] {examples}, new float[examples], false)));
  }

  @Override
  public Operand<TFloat32> lowerObjective(
      Ops tf, List<Operand<TFloat32>> upper, List<Operand<TFloat32>> lower, Examples examples) {
    Operand<TInt32> rows =
        examples
            .rows()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "a language model's loss is of tokens, so that its examples have no weights;"
                            + " choose a method without them"));
    Operand<TFloat32> raw = tf.gather(upper.get(0), rows, tf.constant(0));
    return examples.mean(tf, tf.math.sigmoid(raw));
  }

  /** w of raw values E. */
  public static double weight(double raw) {
    return 1 / (1 + Math.exp(-raw));
  }
}
