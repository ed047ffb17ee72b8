package org.bilora.bilevel;

import java.util.List;
import java.util.stream.Stream;
import org.bilora.graph.OrderedSum;
import org.bilora.graph.ValueSum;
import org.bilora.optim.GlobalNormClipping;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * How much the second term of a hypergradient matters: what training logs of it.
 *
 * @param ratio ‖second term‖₂ / ‖first term‖₂, scalar; 0 where the first term is 0
 * @param cosine of the angle between the two terms, scalar; 0 where either is 0
 */
public record HypergradientTerms(Operand<TFloat32> ratio, Operand<TFloat32> cosine) {

  /**
   * Compares the terms of one estimate.
   *
   * @param first ∂L₂/∂E with V held constant, {@code [upper size]}
   * @param second what V's dependence on E adds to it, {@code [upper size]}
   */
  static HypergradientTerms of(Ops tf, Operand<TFloat32> first, Operand<TFloat32> second) {
    Operand<TFloat32> firstNorm = GlobalNormClipping.norm(tf, first);
    Operand<TFloat32> secondNorm = GlobalNormClipping.norm(tf, second);
    Operand<TFloat32> product = ValueSum.of(tf, tf.math.mul(first, second));
    return new HypergradientTerms(
        tf.math.divNoNan(secondNorm, firstNorm),
        tf.math.divNoNan(tf.math.divNoNan(product, firstNorm), secondNorm));
  }

  /** The mean of each over several upper steps. */
  static HypergradientTerms mean(Ops tf, List<HypergradientTerms> steps) {
    return new HypergradientTerms(
        mean(tf, steps.stream().map(HypergradientTerms::ratio)),
        mean(tf, steps.stream().map(HypergradientTerms::cosine)));
  }

  private static Operand<TFloat32> mean(Ops tf, Stream<Operand<TFloat32>> scalars) {
    List<Operand<TFloat32>> all = scalars.toList();
    return tf.math.div(OrderedSum.of(tf, all), tf.constant((float) all.size()));
  }
}
