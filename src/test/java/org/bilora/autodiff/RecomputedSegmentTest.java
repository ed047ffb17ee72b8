package org.bilora.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.bilora.graph.Recomputation;
import org.bilora.graph.StepFunction;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;

/** Gradients through layers x ← sin-like(x W) whose insides are computed again. */
class RecomputedSegmentTest {
  private static final int LAYERS = 12;
  private static final int ROWS = 256;
  private static final int WIDTH = 64;

  /** What one activation takes. */
  private static final long ACTIVATION = 4L * ROWS * WIDTH;

  private static final ParameterGroup GROUP =
      new ParameterGroup(
          "w", List.of(new Parameter("w", new long[] {WIDTH, WIDTH}, start(), true)));

  private static float[] start() {
    Random random = new Random(3);
    float[] values = new float[WIDTH * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(WIDTH));
    }
    return values;
  }

  /** Many activations between x and y. */
  private static Operand<TFloat32> layer(Ops tf, Operand<TFloat32> x, Operand<TFloat32> w) {
    Operand<TFloat32> wide = tf.math.tanh(tf.linalg.matMul(x, w));
    for (int i = 0; i < 5; i++) {
      wide = tf.math.mul(wide, tf.math.sigmoid(tf.math.mul(wide, wide)));
    }
    return tf.math.add(x, wide);
  }

  private static Operand<TFloat32> loss(
      Ops tf, Operand<TFloat32> input, Operand<TFloat32> w, Recomputation recomputation) {
    Operand<TFloat32> x = input;
    for (int i = 0; i < LAYERS; i++) {
      x = recomputation.of(tf, x, (inside, read) -> layer(inside, read, w));
    }
    return tf.math.mean(tf.math.square(x), tf.constant(new int[] {0, 1}));
  }

  /** ∇ of the loss, {@code [group size]}. */
  private static Operand<TFloat32> gradient(Ops tf, Values values, Recomputation recomputation) {
    GradientTape tape = new GradientTape(tf, GROUP, values.parameters());
    return tape.gradient(loss(tf, values.input(), tape.watched().get(0), recomputation));
  }

  /** H ∇ by reverse over reverse. */
  private static Operand<TFloat32> hessianProduct(
      Ops tf, Values values, Recomputation recomputation) {
    GradientTape outer = new GradientTape(tf, GROUP, values.parameters());
    GradientTape inner = new GradientTape(tf, GROUP, GROUP.join(tf, outer.watched()));
    List<Operand<TFloat32>> gradients =
        inner.gradients(loss(tf, values.input(), inner.watched().get(0), recomputation));
    return outer.vectorJacobianProduct(gradients, List.of(tf.stopGradient(gradients.get(0))));
  }

  private record Values(Operand<TFloat32> input, Operand<TFloat32> parameters) {}

  /** What a run gave, and the most that TensorFlow's allocator had in use at once. */
  private record Run(float[] values, long mostBytes) {}

  private static Run run(Function<Ops, Function<Values, Operand<TFloat32>>> built) {
    try (Graph graph = new Graph();
        Session session = new Session(graph, StepFunction.SESSION)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(ROWS, WIDTH)));
      Placeholder<TFloat32> parameters =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(GROUP.size())));
      Operand<TFloat32> result = built.apply(tf).apply(new Values(input, parameters));
      float[] numbers = new float[ROWS * WIDTH];
      Random random = new Random(5);
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      try (TFloat32 fed = TFloat32.tensorOf(Shape.of(ROWS, WIDTH), DataBuffers.of(numbers));
          TFloat32 fedParameters = TFloat32.vectorOf(GROUP.initial());
          Result found =
              session
                  .runner()
                  .setOptions(
                      RunOptions.newBuilder()
                          .setTraceLevel(RunOptions.TraceLevel.FULL_TRACE)
                          .build())
                  .feed(input, fed)
                  .feed(parameters, fedParameters)
                  .fetch(result)
                  .runAndFetchMetadata()) {
        float[] values = new float[GROUP.size()];
        ((TFloat32) found.get(0)).asRawTensor().data().asFloats().read(values);
        return new Run(values, mostBytes(found));
      }
    }
  }

  /** In use when an operation was done, less what was in use throughout. */
  private static long mostBytes(Result result) {
    List<Long> inUse =
        result.getMetadata().orElseThrow().getStepStats().getDevStatsList().stream()
            .flatMap(device -> device.getNodeStatsList().stream())
            .flatMap(node -> node.getMemoryList().stream())
            .map(memory -> memory.getAllocatorBytesInUse())
            .filter(bytes -> bytes > 0)
            .toList();
    return inUse.stream().mapToLong(Long::longValue).max().orElseThrow()
        - inUse.stream().mapToLong(Long::longValue).min().orElseThrow();
  }

  @Test
  void aGradientIsTheSameAndTakesTheMemoryOfOneLayer() {
    Run kept = run(tf -> values -> gradient(tf, values, Recomputation.OFF));
    Run again = run(tf -> values -> gradient(tf, values, Recomputation.ON));
    assertArrayEquals(kept.values, again.values, 1e-6f);
    assertTrue(
        kept.mostBytes > 10L * LAYERS * ACTIVATION, kept.mostBytes / ACTIVATION + " activations");
    assertTrue(
        again.mostBytes < kept.mostBytes / 3,
        again.mostBytes / ACTIVATION + " of " + kept.mostBytes / ACTIVATION + " activations");
  }

  @Test
  void aSecondDerivativeIsTheSameAndTakesLessMemory() {
    Run kept = run(tf -> values -> hessianProduct(tf, values, Recomputation.OFF));
    Run again = run(tf -> values -> hessianProduct(tf, values, Recomputation.ON));
    assertArrayEquals(kept.values, again.values, 1e-6f);
    assertTrue(
        again.mostBytes < kept.mostBytes / 3,
        again.mostBytes / ACTIVATION + " of " + kept.mostBytes / ACTIVATION + " activations");
  }
}
