package org.bilora.method;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.Lists;
import com.google.common.collect.Multimaps;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * BiLoRA's ΔW = s P Λ Q (arXiv 2403.13037, equation 2). P is zero at the start, whatever Λ is; the
 * rows of Q are orthonormal, so R₁ pulls at P alone.
 */
record PseudoSvdForm(int rank, double scale, Lambda lambda) implements AdapterForm {

  @Override
  public Role left() {
    return Role.P;
  }

  @Override
  public Role right() {
    return Role.Q;
  }

  @Override
  public List<AdapterParameter> declare(StartValues start, AdaptedLayer layer) {
    String module = layer.module();
    int out = layer.out();
    int in = layer.in();
    ParameterName right = AdapterForm.lower(module, Role.Q);
    return List.of(
        AdapterParameter.zeros(AdapterForm.lower(module, Role.P), out, rank),
        new AdapterParameter(
            right, new long[] {rank, in}, start.orthonormalRows(right.name(), rank, in), true),
        new AdapterParameter(
            AdapterForm.upper(module, Role.RAW_LAMBDA),
            new long[] {rank},
            lambda.initial(rank),
            false));
  }

  @Override
  public boolean takesLanes() {
    return true;
  }

  /**
   * The layers of one shape share one operation each for λ and for P's scaled columns: with an
   * operation per layer they would be a tenth of what a step's compilation has to look at.
   */
  @Override
  public Map<String, LowRank> increments(
      Ops tf,
      List<String> modules,
      Function<ParameterName, Operand<TFloat32>> values,
      Function<String, Operand<TFloat32>> frozen) {
    ListMultimap<Shape, String> byShape =
        Multimaps.index(modules, module -> values.apply(AdapterForm.lower(module, Role.P)).shape());
    ImmutableMap.Builder<String, LowRank> increments = ImmutableMap.builder();
    for (Shape shape : byShape.keySet()) {
      List<String> alike = byShape.get(shape);
      Operand<TFloat32> raw =
          stack(
              tf,
              alike,
              module -> AdapterForm.upper(module, Role.RAW_LAMBDA),
              values); // [layers, rank], or [layers, lanes, rank]
      Operand<TFloat32> gains =
          tf.math.mul(lambda.values(tf, raw), tf.constant((float) scale)); // [layers, rank]
      Operand<TFloat32> scaled = // [layers, out, rank]
          tf.math.mul(
              stack(tf, alike, module -> AdapterForm.lower(module, Role.P), values),
              tf.expandDims(gains, tf.constant(gains.shape().numDimensions() - 1)));
      List<Output<TFloat32>> left = tf.unstack(scaled, (long) alike.size()).output();
      for (int i = 0; i < alike.size(); i++) {
        String module = alike.get(i);
        increments.put(
            module, new LowRank(left.get(i), values.apply(AdapterForm.lower(module, Role.Q))));
      }
    }
    return increments.buildOrThrow();
  }

  private static Operand<TFloat32> stack(
      Ops tf,
      List<String> modules,
      Function<String, ParameterName> name,
      Function<ParameterName, Operand<TFloat32>> values) {
    return tf.stack(Lists.transform(modules, module -> values.apply(name.apply(module))));
  }

  /**
   * Q is an orthonormal basis of the given right matrix's rows A = L Q, and with Λ as it starts P =
   * B diag(g) L / (s λ).
   */
  @Override
  public Map<ParameterName, float[]> from(
      AdaptedLayer layer, LowRankValues increment, Function<ParameterName, float[]> fresh) {
    LowRankValues held = held(layer, increment, fresh);
    OrthonormalRows rows = OrthonormalRows.of(held.right(), rank, held.in());
    float[] raw = lambda.initial(rank);
    float[] own = lambda.values(raw);
    float[] left = new float[held.out() * rank];
    for (int o = 0; o < held.out(); o++) {
      for (int k = 0; k < rank; k++) {
        double sum = 0;
        for (int j = 0; j < rank; j++) {
          sum += held.left()[o * rank + j] * held.gains()[j] * rows.coefficients()[j][k];
        }
        left[o * rank + k] = (float) (sum / (scale * own[k]));
      }
    }
    return Map.of(
        AdapterForm.lower(layer.module(), Role.P), left,
        AdapterForm.lower(layer.module(), Role.Q), rows.basis(),
        AdapterForm.upper(layer.module(), Role.RAW_LAMBDA), raw);
  }

  @Override
  public LowRankValues increment(String module, Function<ParameterName, float[]> values) {
    double[] gains = new double[rank];
    float[] own = lambda.values(values.apply(AdapterForm.upper(module, Role.RAW_LAMBDA)));
    for (int i = 0; i < rank; i++) {
      gains[i] = scale * own[i];
    }
    return new LowRankValues(
        values.apply(AdapterForm.lower(module, Role.P)),
        values.apply(AdapterForm.lower(module, Role.Q)),
        gains);
  }

  @Override
  public Optional<float[]> lambda(String module, Function<ParameterName, float[]> values) {
    return Optional.of(lambda.values(values.apply(AdapterForm.upper(module, Role.RAW_LAMBDA))));
  }
}
