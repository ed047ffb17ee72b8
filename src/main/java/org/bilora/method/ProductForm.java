package org.bilora.method;

import com.google.common.collect.Maps;
import java.util.Arrays;
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
 * LoRA's ΔW = s B A (Hu et al. 2021, equation 3), B zero at the start.
 *
 * @param leftRate B's learning rate as a multiple of A's
 */
record ProductForm(int rank, double scale, double leftRate) implements AdapterForm {

  @Override
  public Role left() {
    return Role.B;
  }

  @Override
  public Role right() {
    return Role.A;
  }

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
  public Map<String, LowRank> increments(
      Ops tf,
      List<String> modules,
      Function<ParameterName, Operand<TFloat32>> values,
      Function<String, Operand<TFloat32>> frozen) {
    return Maps.toMap(modules, module -> increment(tf, module, values));
  }

  private LowRank increment(
      Ops tf, String module, Function<ParameterName, Operand<TFloat32>> values) {
    return LowRank.scaled(
        tf,
        values.apply(AdapterForm.lower(module, Role.B)),
        tf.constant((float) scale),
        values.apply(AdapterForm.lower(module, Role.A)));
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

  @Override
  public Optional<float[]> lambda(String module, Function<ParameterName, float[]> values) {
    return Optional.empty();
  }
}
