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
 * LoRA from the principal part of W ({@link LoraStart#PISSA}): ΔW = s (B A − B₀ A₀) as one change
 * of twice the rank, L = s (B, −B₀) and R = (A; A₀).
 *
 * @param leftRate B's learning rate as a multiple of A's
 */
record PrincipalForm(int rank, double scale, double leftRate) implements LayerwiseForm {

  @Override
  public List<AdapterParameter> declare(StartValues start, AdaptedLayer layer) {
    String module = layer.module();
    LoraStart.Principal principal =
        LoraStart.Principal.of(layer.weight().get(), layer.out(), layer.in(), rank, scale);
    long[] left = {layer.out(), rank};
    long[] right = {rank, layer.in()};
    return List.of(
        new AdapterParameter(
            AdapterForm.lower(module, Role.B), left, principal.left(), true, leftRate),
        new AdapterParameter(AdapterForm.lower(module, Role.A), right, principal.right(), true),
        AdapterParameter.held(AdapterForm.lower(module, Role.START_B), left, principal.left()),
        AdapterParameter.held(AdapterForm.lower(module, Role.START_A), right, principal.right()));
  }

  @Override
  public LowRank increment(
      Ops tf, String module, Function<ParameterName, Operand<TFloat32>> values) {
    Operand<TFloat32> b = values.apply(AdapterForm.lower(module, Role.B));
    Operand<TFloat32> a = values.apply(AdapterForm.lower(module, Role.A));
    Operand<TFloat32> b0 = tf.stopGradient(values.apply(AdapterForm.lower(module, Role.START_B)));
    Operand<TFloat32> a0 = tf.stopGradient(values.apply(AdapterForm.lower(module, Role.START_A)));
    Operand<TFloat32> left = tf.concat(List.of(b, tf.math.neg(b0)), tf.constant(1));
    return LowRank.scaled(
        tf, left, tf.constant((float) scale), tf.concat(List.of(a, a0), tf.constant(0)));
  }

  /** There are none: what such a start takes from W is no part of an increment made elsewhere. */
  @Override
  public Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    throw new IllegalArgumentException(
        "increments that start from the principal part of their weights (pissa) cannot start from %s of an adapter, too; leave one of them out"
            .formatted(layer.module()));
  }

  @Override
  public LowRankValues increment(String module, Function<ParameterName, float[]> values) {
    float[] b = values.apply(AdapterForm.lower(module, Role.B));
    float[] a = values.apply(AdapterForm.lower(module, Role.A));
    float[] b0 = values.apply(AdapterForm.lower(module, Role.START_B));
    float[] a0 = values.apply(AdapterForm.lower(module, Role.START_A));
    float[] left = new float[2 * b.length];
    for (int row = 0; row < b.length / rank; row++) {
      System.arraycopy(b, row * rank, left, 2 * row * rank, rank);
      System.arraycopy(b0, row * rank, left, (2 * row + 1) * rank, rank);
    }
    float[] right = Arrays.copyOf(a, 2 * a.length);
    System.arraycopy(a0, 0, right, a.length, a0.length);
    double[] gains = new double[2 * rank];
    Arrays.fill(gains, 0, rank, scale);
    Arrays.fill(gains, rank, 2 * rank, -scale);
    return new LowRankValues(left, right, gains);
  }
}
