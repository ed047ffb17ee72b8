package org.bilora.autodiff;

import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TNumber;

/**
 * Gradients of operations that TensorFlow's C++ gradients create but cannot differentiate again.
 *
 * <p>Inside a gradient function inputs are read one by one with {@code op.input(i)}: {@code
 * op.inputs()} takes the graph's lock, which is held while gradients are added.
 */
final class SecondOrderGradients {
  private static boolean registered;

  private SecondOrderGradients() {}

  /** Registers the gradients with TensorFlow, once per process. */
  static synchronized void register() {
    if (registered) {
      return;
    }
    TensorFlow.registerCustomGradient("RsqrtGrad", SecondOrderGradients::rsqrtGrad);
    TensorFlow.registerCustomGradient("TanhGrad", SecondOrderGradients::tanhGrad);
    TensorFlow.registerCustomGradient("OnesLike", (tf, op, grads) -> zeros(tf, op, 1));
    registered = true;
  }

  /**
   * RsqrtGrad(y, d) = −d y³ / 2, so ∂/∂y = −3 d y² / 2 and ∂/∂d = −y³ / 2 = RsqrtGrad(y, 1).
   *
   * @param grads the incoming gradient, of y's shape
   */
  private static List<Operand<?>> rsqrtGrad(Ops tf, GraphOperation op, List<Output<?>> grads) {
    return rsqrtGradOf(tf, number(op.input(0)), number(op.input(1)), number(grads.get(0)));
  }

  private static <T extends TNumber> List<Operand<?>> rsqrtGradOf(
      Ops tf, Operand<T> y, Operand<T> d, Operand<T> grad) {
    Operand<T> square = tf.math.square(y);
    Operand<T> minusHalf = tf.math.mul(grad, constantLike(tf, y, -0.5));
    Operand<T> common = tf.math.mul(minusHalf, square);
    Operand<T> byY = tf.math.mul(tf.math.mul(common, d), constantLike(tf, y, 3));
    return List.of(byY, tf.math.mul(common, y));
  }

  /**
   * TanhGrad(y, d) = d (1 − y²), so ∂/∂y = −2 d y and ∂/∂d = 1 − y².
   *
   * @param grads the incoming gradient, of y's shape
   */
  private static List<Operand<?>> tanhGrad(Ops tf, GraphOperation op, List<Output<?>> grads) {
    return tanhGradOf(tf, number(op.input(0)), number(op.input(1)), number(grads.get(0)));
  }

  private static <T extends TNumber> List<Operand<?>> tanhGradOf(
      Ops tf, Operand<T> y, Operand<T> d, Operand<T> grad) {
    Operand<T> byY = tf.math.mul(tf.math.mul(grad, constantLike(tf, y, -2)), tf.math.mul(d, y));
    Operand<T> byD = tf.math.mul(grad, tf.math.sub(constantLike(tf, y, 1), tf.math.square(y)));
    return List.of(byY, byD);
  }

  private static List<Operand<?>> zeros(Ops tf, GraphOperation op, int count) {
    return java.util.stream.IntStream.range(0, count)
        .<Operand<?>>mapToObj(i -> tf.zerosLike(number(op.input(i))))
        .toList();
  }

  private static <T extends TNumber> Operand<T> constantLike(
      Ops tf, Operand<T> like, double value) {
    return tf.dtypes.cast(tf.constant((float) value), like.type());
  }

  // The graph hands over operands of unknown type; both inputs of these operations share one.
  @SuppressWarnings("unchecked")
  private static Operand<TNumber> number(Output<?> output) {
    return (Operand<TNumber>) (Operand<?>) output;
  }
}
