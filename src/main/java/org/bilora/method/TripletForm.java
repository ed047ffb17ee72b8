package org.bilora.method;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * AdaLoRA's ΔW = s B diag(E) A (Zhang et al. 2023, equation 3), all of it at one level. E is zero
 * at the start, A and B are drawn from N(0, 0.02²), as AdaLoRA's own code has it.
 *
 * @param rank r₀
 */
record TripletForm(int rank, double scale) implements LayerwiseForm {
  private static final double START_DEVIATION = 0.02;

  @Override
  public boolean triplets() {
    return true;
  }

  @Override
  public List<AdapterParameter> declare(StartValues start, AdaptedLayer layer) {
    String module = layer.module();
    int out = layer.out();
    int in = layer.in();
    return List.of(
        normal(start, AdapterForm.lower(module, Role.B), out, rank),
        normal(start, AdapterForm.lower(module, Role.A), rank, in),
        new AdapterParameter(
            AdapterForm.lower(module, Role.E), new long[] {rank}, new float[rank], true));
  }

  private static AdapterParameter normal(
      StartValues start, ParameterName name, int rows, int columns) {
    return new AdapterParameter(
        name,
        new long[] {rows, columns},
        start.normal(name.name(), rows * columns, START_DEVIATION),
        true);
  }

  @Override
  public LowRank increment(
      Ops tf, String module, Function<ParameterName, Operand<TFloat32>> values) {
    return LowRank.scaled(
        tf,
        values.apply(AdapterForm.lower(module, Role.B)),
        tf.math.mul(values.apply(AdapterForm.lower(module, Role.E)), tf.constant((float) scale)),
        values.apply(AdapterForm.lower(module, Role.A)));
  }

  @Override
  public Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    LowRankValues held = held(layer, increment, fresh);
    float[] values = new float[rank];
    for (int i = 0; i < rank; i++) {
      values[i] = (float) (held.gains()[i] / scale);
    }
    return Map.of(
        AdapterForm.lower(layer.module(), Role.B), held.left(),
        AdapterForm.lower(layer.module(), Role.A), held.right(),
        AdapterForm.lower(layer.module(), Role.E), values);
  }

  @Override
  public LowRankValues increment(String module, Function<ParameterName, float[]> values) {
    double[] gains = new double[rank];
    float[] lambda = values.apply(AdapterForm.lower(module, Role.E));
    for (int i = 0; i < rank; i++) {
      gains[i] = scale * lambda[i];
    }
    return new LowRankValues(
        values.apply(AdapterForm.lower(module, Role.B)),
        values.apply(AdapterForm.lower(module, Role.A)),
        gains);
  }

  @Override
  public Optional<float[]> lambda(String module, Function<ParameterName, float[]> values) {
    return Optional.of(values.apply(AdapterForm.lower(module, Role.E)));
  }
}
