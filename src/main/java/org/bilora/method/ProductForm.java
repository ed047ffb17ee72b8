package org.bilora.method;

import com.google.common.collect.Maps;
import java.util.Arrays;
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

/** LoRA's ΔW = s B A (Hu et al. 2021, equation 3), B zero at the start. */
record ProductForm(int rank, double scale) implements AdapterForm {

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
    lower.add(AdapterForm.zeros(module + ".B", out, rank));
    // The bound of Kaiming's uniform start with a = √5, as LoRA's own code has it.
    lower.add(
        new Parameter(
            module + ".A",
            new long[] {rank, in},
            start.uniform(module + ".A", rank * in, 1 / Math.sqrt(in)),
            true));
  }

  @Override
  public Map<String, LowRank> increments(
      Ops tf, List<String> modules, Function<String, Operand<TFloat32>> values) {
    return Maps.toMap(modules, module -> increment(tf, module, values));
  }

  private LowRank increment(Ops tf, String module, Function<String, Operand<TFloat32>> values) {
    return LowRank.scaled(
        tf, values.apply(module + ".B"), tf.constant((float) scale), values.apply(module + ".A"));
  }

  @Override
  public LowRankValues increment(String module, Function<String, float[]> values) {
    double[] gains = new double[rank];
    Arrays.fill(gains, scale);
    return new LowRankValues(
        values.apply("lower/" + module + ".B"), values.apply("lower/" + module + ".A"), gains);
  }

  @Override
  public Optional<float[]> lambda(String module, Function<String, float[]> values) {
    return Optional.empty();
  }
}
