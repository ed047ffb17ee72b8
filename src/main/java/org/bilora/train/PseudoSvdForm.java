package org.bilora.train;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.Lambda;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.autodiff.Parameter;
import org.tensorflow.Operand;
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

  @Override
  public LowRank increment(Ops tf, String module, Function<String, Operand<TFloat32>> values) {
    Operand<TFloat32> gains =
        tf.math.mul(lambda.values(tf, values.apply(module + ".e")), tf.constant((float) scale));
    return LowRank.scaled(tf, values.apply(module + ".P"), gains, values.apply(module + ".Q"));
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
