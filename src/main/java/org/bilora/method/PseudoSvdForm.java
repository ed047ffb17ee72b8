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
import org.bilora.autodiff.Parameter;
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
  public String left() {
    return ".P";
  }

  @Override
  public String right() {
    return ".Q";
  }

  @Override
  public void declare(
      StartValues start,
      String module,
      int out,
      int in,
      List<Parameter> lower,
      List<Parameter> upper) {
    lower.add(AdapterForm.zeros(module + ".P", out, rank));
    lower.add(
        new Parameter(
            module + ".Q",
            new long[] {rank, in},
            start.orthonormalRows(module + ".Q", rank, in),
            true));
    upper.add(new Parameter(module + ".e", new long[] {rank}, lambda.initial(rank), false));
  }

  /**
   * The layers of one shape share one operation each for λ and for P's scaled columns: with an
   * operation per layer they would be a tenth of what a step's compilation has to look at.
   */
  @Override
  public Map<String, LowRank> increments(
      Ops tf, List<String> modules, Function<String, Operand<TFloat32>> values) {
    ListMultimap<Shape, String> byShape =
        Multimaps.index(modules, module -> values.apply(module + ".P").shape());
    ImmutableMap.Builder<String, LowRank> increments = ImmutableMap.builder();
    for (Shape shape : byShape.keySet()) {
      List<String> alike = byShape.get(shape);
      Operand<TFloat32> raw = stack(tf, alike, ".e", values); // [layers, rank]
      Operand<TFloat32> gains =
          tf.math.mul(lambda.values(tf, raw), tf.constant((float) scale)); // [layers, rank]
      Operand<TFloat32> scaled = // [layers, out, rank]
          tf.math.mul(stack(tf, alike, ".P", values), tf.expandDims(gains, tf.constant(1)));
      List<Output<TFloat32>> left = tf.unstack(scaled, (long) alike.size()).output();
      for (int i = 0; i < alike.size(); i++) {
        String module = alike.get(i);
        increments.put(module, new LowRank(left.get(i), values.apply(module + ".Q")));
      }
    }
    return increments.buildOrThrow();
  }

  private static Operand<TFloat32> stack(
      Ops tf, List<String> modules, String letter, Function<String, Operand<TFloat32>> values) {
    return tf.stack(Lists.transform(modules, module -> values.apply(module + letter)));
  }

  @Override
  public LowRankValues increment(String module, Function<String, float[]> values) {
    double[] gains = new double[rank];
    float[] own = lambda.values(values.apply("upper/" + module + ".e"));
    for (int i = 0; i < rank; i++) {
      gains[i] = scale * own[i];
    }
    return new LowRankValues(
        values.apply("lower/" + module + ".P"), values.apply("lower/" + module + ".Q"), gains);
  }

  @Override
  public Optional<float[]> lambda(String module, Function<String, float[]> values) {
    return Optional.of(lambda.values(values.apply("upper/" + module + ".e")));
  }
}
