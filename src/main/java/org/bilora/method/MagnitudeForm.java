package org.bilora.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.bilevel.Level;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TFloat32;

/**
 * A magnitude for every output, apart from the direction (DoRA, Liu et al. 2024, arXiv 2402.09353,
 * equations 5 and 11):
 *
 * <pre>
 * W' = diag(m / ‖W + ΔW‖) (W + ΔW)      ‖·‖ by row, held constant when it is differentiated
 * ‖W + ΔW‖² = ‖W‖² + 2 (W Rᵀ) · L + (L R Rᵀ) · L       by row, ΔW = L R never formed
 * </pre>
 *
 * m is ‖W‖ at the start, so that W' = W.
 *
 * @param direction what ΔW is
 * @param level at which m is trained
 */
record MagnitudeForm(AdapterForm direction, Level level) implements AdapterForm {

  @Override
  public int rank() {
    return direction.rank();
  }

  @Override
  public Role left() {
    return direction.left();
  }

  @Override
  public Role right() {
    return direction.right();
  }

  private ParameterName magnitude(String module) {
    return new ParameterName(level, module, Role.MAGNITUDE);
  }

  @Override
  public List<AdapterParameter> declare(StartValues start, AdaptedLayer layer) {
    List<AdapterParameter> parameters = new ArrayList<>(direction.declare(start, layer));
    float[] norms = LowRankValues.rowLengths(layer.weight().get(), layer.out());
    parameters.add(
        new AdapterParameter(magnitude(layer.module()), new long[] {norms.length}, norms, false));
    return parameters;
  }

  @Override
  public Map<String, LowRank> increments(
      Ops tf,
      List<String> modules,
      Function<ParameterName, Operand<TFloat32>> values,
      Function<String, Operand<TFloat32>> frozen) {
    Map<String, LowRank> directions = direction.increments(tf, modules, values, frozen);
    Map<String, LowRank> increments = new LinkedHashMap<>();
    for (String module : modules) {
      LowRank change = directions.get(module);
      Operand<TFloat32> norm = norm(tf, frozen.apply(module), change);
      increments.put(module, change.under(tf.math.div(values.apply(magnitude(module)), norm)));
    }
    return increments;
  }

  /** ‖W + ΔW‖ by row, {@code [out]}. */
  private static Operand<TFloat32> norm(Ops tf, Operand<TFloat32> weight, LowRank change) {
    Operand<TFloat32> left = change.left();
    Operand<TFloat32> right = change.right();
    Operand<TFloat32> crossed = tf.linalg.matMul(weight, right, MatMul.transposeB(true));
    Operand<TFloat32> gram = tf.linalg.matMul(right, right, MatMul.transposeB(true));
    Operand<TFloat32> both =
        tf.math.add(tf.math.add(crossed, crossed), tf.linalg.matMul(left, gram));
    Operand<TFloat32> squared =
        tf.math.add(
            tf.reduceSum(tf.math.square(weight), tf.constant(1)),
            tf.reduceSum(tf.math.mul(both, left), tf.constant(1)));
    return tf.stopGradient(tf.math.sqrt(squared));
  }

  @Override
  public LowRankValues increment(String module, Function<ParameterName, float[]> values) {
    return direction.increment(module, values).withMagnitude(values.apply(magnitude(module)));
  }

  /** m is ‖W + ΔW‖ where the increment has no magnitudes, so that W' = W + ΔW. */
  @Override
  public Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    Map<ParameterName, float[]> values =
        new LinkedHashMap<>(direction.from(layer, increment.with(Optional.empty()), fresh));
    values.put(
        magnitude(layer.module()),
        increment
            .magnitude()
            .orElseGet(
                () ->
                    LowRankValues.rowLengths(
                        increment.addedTo(layer.weight().get()), layer.out())));
    return values;
  }

  @Override
  public Optional<float[]> lambda(String module, Function<ParameterName, float[]> values) {
    return direction.lambda(module, values);
  }
}
