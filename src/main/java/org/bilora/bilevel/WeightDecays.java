package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.graph.EndToEnd;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A ridge penalty of its own for each of some parameters of V:
 *
 * <pre>
 * L₁ = mean ℓᵢ + ½ Σₖ exp(Eₖ) ‖Vₖ‖²
 * </pre>
 *
 * @param parameters positions in V of those that are penalised, each once
 * @param initial exp(E) at the start, above 0
 */
public record WeightDecays(List<Integer> parameters, double initial) implements UpperVariables {

  /** Checks the ranges. */
  public WeightDecays {
    parameters = ImmutableList.copyOf(parameters);
    if (parameters.isEmpty() || parameters.stream().distinct().count() != parameters.size()) {
      throw new IllegalArgumentException(
          "parameters is %s; it must name one or more, each once".formatted(parameters));
    }
    if (!(initial > 0 && Double.isFinite(initial))) {
      throw new IllegalArgumentException("initial is %s; it must be above 0".formatted(initial));
    }
  }

  /** One for every parameter of a lower group to which weight decay applies. */
  public static WeightDecays of(ParameterGroup lower, double initial) {
    return new WeightDecays(
        IntStream.range(0, lower.parameters().size())
            .filter(i -> lower.parameters().get(i).decayed())
            .boxed()
            .collect(ImmutableList.toImmutableList()),
        initial);
  }

  @Override
  public ParameterGroup group() {
    float[] raw = new float[parameters.size()];
    Arrays.fill(raw, (float) Math.log(initial));
    return new ParameterGroup(
        "upper", List.of(new Parameter("log_weight_decays", new long[] {raw.length}, raw, false)));
  }

  @Override
  public Operand<TFloat32> lowerObjective(
      Ops tf, List<Operand<TFloat32>> upper, List<Operand<TFloat32>> lower, Examples examples) {
    List<Operand<TFloat32>> squares =
        parameters.stream().map(i -> sumOfSquares(tf, lower.get(i))).toList();
    Operand<TFloat32> penalty =
        tf.reduceSum(
            tf.math.mul(tf.math.exp(upper.get(0)), EndToEnd.of(tf, squares)), tf.constant(0));
    return tf.math.add(examples.mean(tf), tf.math.mul(tf.constant(0.5f), penalty));
  }

  /** Of all values, {@code [1]}. */
  private static Operand<TFloat32> sumOfSquares(Ops tf, Operand<TFloat32> value) {
    Operand<TFloat32> flat = tf.reshape(value, tf.constant(new int[] {1, -1}));
    return tf.reduceSum(tf.math.square(flat), tf.constant(1));
  }
}
