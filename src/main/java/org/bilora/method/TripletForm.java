package org.bilora.method;

import com.google.common.collect.Maps;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.autodiff.Parameter;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * AdaLoRA's ΔW = s B diag(E) A (Zhang et al. 2023, equation 3), all of it at one level. E is zero
 * at the start, A and B are drawn from N(0, 0.02²), as AdaLoRA's own code has it.
 *
 * @param rank r₀
 */
record TripletForm(int rank, double scale) implements AdapterForm {
  private static final double START_DEVIATION = 0.02;

  @Override
  public String left() {
    return ".B";
  }

  @Override
  public String right() {
    return ".A";
  }

  @Override
  public void declare(
      StartValues start,
      String module,
      int out,
      int in,
      List<Parameter> lower,
      List<Parameter> upper) {
    lower.add(normal(start, module + ".B", out, rank));
    lower.add(normal(start, module + ".A", rank, in));
    lower.add(new Parameter(module + ".E", new long[] {rank}, new float[rank], true));
  }

  private static Parameter normal(StartValues start, String name, int rows, int columns) {
    return new Parameter(
        name,
        new long[] {rows, columns},
        start.normal(name, rows * columns, START_DEVIATION),
        true);
  }

  @Override
  public Map<String, LowRank> increments(
      Ops tf, List<String> modules, Function<String, Operand<TFloat32>> values) {
    return Maps.toMap(modules, module -> increment(tf, module, values));
  }

  private LowRank increment(Ops tf, String module, Function<String, Operand<TFloat32>> values) {
    return LowRank.scaled(
        tf,
        values.apply(module + ".B"),
        tf.math.mul(values.apply(module + ".E"), tf.constant((float) scale)),
        values.apply(module + ".A"));
  }

  @Override
  public LowRankValues increment(String module, Function<String, float[]> values) {
    double[] gains = new double[rank];
    float[] lambda = values.apply("lower/" + module + ".E");
    for (int i = 0; i < rank; i++) {
      gains[i] = scale * lambda[i];
    }
    return new LowRankValues(
        values.apply("lower/" + module + ".B"), values.apply("lower/" + module + ".A"), gains);
  }

  @Override
  public Optional<float[]> lambda(String module, Function<String, float[]> values) {
    return Optional.of(values.apply("lower/" + module + ".E"));
  }
}
