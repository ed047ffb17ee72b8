package org.bilora.method;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * LoRA's ΔW = s B A (Hu et al. 2021, equation 3), B zero at the start.
 *
 * @param leftRate B's learning rate as a multiple of A's
 */
record ProductForm(int rank, double scale, double leftRate) implements LayerwiseForm {

  @Override
  public List<AdapterParameter> declare(StartValues start, AdaptedLayer layer) {
    String module = layer.module();
    int out = layer.out();
    int in = layer.in();
    ParameterName right = AdapterForm.lower(module, Role.A);
    return List.of(
        AdapterParameter.zeros(AdapterForm.lower(module, Role.B), out, rank).atRate(leftRate),
        // The bound of Kaiming's uniform start with a = √5, as LoRA's own code has it.
        new AdapterParameter(
            right,
            new long[] {rank, in},
            start.uniform(right.name(), rank * in, 1 / Math.sqrt(in)),
            true));
  }

  @Override
  public boolean takesLanes() {
    return true;
  }

  @Override
  public LowRank increment(
      Ops tf, String module, Function<ParameterName, Operand<TFloat32>> values) {
    return LowRank.scaled(
        tf,
        values.apply(AdapterForm.lower(module, Role.B)),
        tf.constant((float) scale),
        values.apply(AdapterForm.lower(module, Role.A)));
  }

  @Override
  public Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    LowRankValues held = held(layer, increment, fresh);
    return Map.of(
        AdapterForm.lower(layer.module(), Role.B), held.leftTimesGains(scale),
        AdapterForm.lower(layer.module(), Role.A), held.right());
  }

  @Override
  public LowRankValues increment(String module, Function<ParameterName, float[]> values) {
    double[] gains = new double[rank];
    Arrays.fill(gains, scale);
    return new LowRankValues(
        values.apply(AdapterForm.lower(module, Role.B)),
        values.apply(AdapterForm.lower(module, Role.A)),
        gains);
  }
}
