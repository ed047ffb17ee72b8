package org.bilora.doctor;

import java.util.List;
import org.bilora.graph.StepFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Has XLA compile a small function the way a training step is compiled, and compares. */
final class XlaCheck {
  private static final int SIZE = 32;
  private static final double TOLERANCE = 1e-4;

  private XlaCheck() {}

  static Finding finding() {
    float plain = run(false);
    long before = System.nanoTime();
    float compiled;
    try {
      compiled = run(true);
    } catch (RuntimeException | LinkageError e) {
      return Finding.warn(
          "xla",
          "does not compile (%s)".formatted(Finding.reason(e)),
          "train with --jit off, which is slower");
    }
    double seconds = (System.nanoTime() - before) / 1e9;
    if (!(Math.abs(compiled - plain) <= TOLERANCE * Math.abs(plain))) {
      return Finding.warn(
          "xla",
          "computes %s where TensorFlow's kernels compute %s".formatted(compiled, plain),
          "train with --jit off, which is slower");
    }
    return Finding.ok(
        "xla",
        "works: compiled a function in %.1f s, same result as without it".formatted(seconds));
  }

  /** Σ tanh(x x) for a fixed x. */
  static float run(boolean jit) {
    float[] values = new float[SIZE * SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i) * 0.3f + 0.02f;
    }
    Shape shape = Shape.of(SIZE, SIZE);
    try (Graph graph = new Graph();
        StepFunction function = new StepFunction(Ops.create(graph), "probe", StepFunction.SESSION);
        TFloat32 fed = TFloat32.tensorOf(shape, DataBuffers.of(values, true, false))) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
      Operand<TFloat32> inside = function.bind(x);
      Ops body = function.body();
      Operand<TFloat32> sum =
          body.reduceSum(
              body.math.tanh(body.linalg.matMul(inside, inside)), body.constant(new int[] {0, 1}));
      Operand<TFloat32> result = function.call(List.of(sum), jit).get(0);
      try (Session session = new Session(graph);
          Result run = session.runner().feed(x, fed).fetch(result).run()) {
        return ((TFloat32) run.get(0)).getFloat();
      }
    }
  }
}
