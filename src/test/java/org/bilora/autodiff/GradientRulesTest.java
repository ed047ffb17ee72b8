package org.bilora.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.graph.BatchProduct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.core.Unstack;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Every rule against TensorFlow's own gradient, and its derivative against central differences of
 * the rule.
 */
final class GradientRulesTest {
  private static final int[] LAST = {1};
  private static final String BY_TENSORFLOW = "gather of columns, by TensorFlow's gradient";

  /** A function of a {@code [3, 4]} matrix x and a {@code [4]} vector b, both positive. */
  @FunctionalInterface
  interface Function {
    Operand<TFloat32> apply(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b);
  }

  private static final Map<String, Function> FUNCTIONS = new LinkedHashMap<>();

  static {
    FUNCTIONS.put("add", (tf, x, b) -> tf.math.add(x, b));
    FUNCTIONS.put("addN", (tf, x, b) -> tf.math.addN(List.of(x, tf.math.mul(x, b), x)));
    FUNCTIONS.put("sub", (tf, x, b) -> tf.math.sub(b, x));
    FUNCTIONS.put("mul", (tf, x, b) -> tf.math.mul(x, b));
    FUNCTIONS.put("div", (tf, x, b) -> tf.math.div(x, b));
    FUNCTIONS.put("maximum", (tf, x, b) -> tf.math.maximum(tf.math.square(x), b));
    FUNCTIONS.put("neg", (tf, x, b) -> tf.math.neg(tf.math.mul(x, b)));
    FUNCTIONS.put("abs", (tf, x, b) -> tf.math.abs(tf.math.sub(tf.math.square(x), b)));
    FUNCTIONS.put("square", (tf, x, b) -> tf.math.square(tf.math.mul(x, b)));
    FUNCTIONS.put("sqrt", (tf, x, b) -> tf.math.sqrt(tf.math.mul(x, b)));
    FUNCTIONS.put("rsqrt", (tf, x, b) -> tf.math.rsqrt(tf.math.mul(x, b)));
    FUNCTIONS.put("exp", (tf, x, b) -> tf.math.exp(tf.math.mul(x, b)));
    FUNCTIONS.put("log", (tf, x, b) -> tf.math.log(tf.math.mul(x, b)));
    FUNCTIONS.put("tanh", (tf, x, b) -> tf.math.tanh(tf.math.mul(x, b)));
    FUNCTIONS.put("sigmoid", (tf, x, b) -> tf.math.sigmoid(tf.math.mul(x, b)));
    FUNCTIONS.put("erf", (tf, x, b) -> tf.math.erf(tf.math.mul(x, b)));
    FUNCTIONS.put("x (1 + erf x)", (tf, x, b) -> timesErf(tf, tf.math.mul(x, b), tf.constant(1f)));
    FUNCTIONS.put("x (b + erf x)", (tf, x, b) -> timesErf(tf, x, b));
    FUNCTIONS.put(
        "b (C + erf b), C wider than b",
        (tf, x, b) -> tf.math.mul(x, timesErf(tf, b, tf.constant(new float[3][4]))));
    FUNCTIONS.put(
        "reshape of a scalar",
        (tf, x, b) ->
            tf.math.square(
                tf.reshape(
                    tf.reduceSum(tf.math.mul(x, tf.math.square(b)), tf.constant(new int[] {0, 1})),
                    tf.constant(new int[] {1}))));
    FUNCTIONS.put("softmax", (tf, x, b) -> tf.nn.softmax(tf.math.mul(x, b)));
    FUNCTIONS.put("logSoftmax", (tf, x, b) -> tf.nn.logSoftmax(tf.math.mul(x, b)));
    FUNCTIONS.put("matMul", (tf, x, b) -> product(tf, x, b, false, false));
    FUNCTIONS.put("matMul, first transposed", (tf, x, b) -> product(tf, x, b, true, false));
    FUNCTIONS.put("matMul, second transposed", (tf, x, b) -> product(tf, x, b, false, true));
    FUNCTIONS.put("matMul, both transposed", (tf, x, b) -> product(tf, x, b, true, true));
    FUNCTIONS.put("batchMatMul", (tf, x, b) -> batchProduct(tf, x, b, false, false));
    FUNCTIONS.put(
        "batchMatMul, first transposed", (tf, x, b) -> batchProduct(tf, x, b, true, false));
    FUNCTIONS.put("batchMatMul, second", (tf, x, b) -> batchProduct(tf, x, b, false, true));
    FUNCTIONS.put("batchMatMul, both transposed", (tf, x, b) -> batchProduct(tf, x, b, true, true));
    FUNCTIONS.put("batchMatMulV3", (tf, x, b) -> gram(tf, tf.math.mul(x, b)));
    FUNCTIONS.put("transpose", (tf, x, b) -> tf.math.square(cube(tf, x, b)));
    FUNCTIONS.put(
        "expandDims",
        (tf, x, b) -> tf.math.square(tf.expandDims(tf.math.mul(x, b), tf.constant(1))));
    FUNCTIONS.put(
        "sum", (tf, x, b) -> tf.math.square(tf.reduceSum(tf.math.mul(x, b), tf.constant(LAST))));
    FUNCTIONS.put(
        "sum, axis kept",
        (tf, x, b) ->
            tf.math.mul(
                tf.math.square(x),
                tf.reduceSum(tf.math.mul(x, b), tf.constant(-1), ReduceSum.keepDims(true))));
    FUNCTIONS.put(
        "mean",
        (tf, x, b) ->
            tf.math.mul(
                x,
                tf.math.square(
                    tf.math.mean(tf.math.mul(x, b), tf.constant(LAST), Mean.keepDims(true)))));
    FUNCTIONS.put(
        "broadcastTo",
        (tf, x, b) ->
            tf.math.square(tf.broadcastTo(tf.math.square(b), tf.constant(new int[] {3, 4}))));
    FUNCTIONS.put(
        "slice",
        (tf, x, b) ->
            tf.math.square(
                tf.slice(
                    tf.math.mul(x, b),
                    tf.constant(new int[] {1, 1}),
                    tf.constant(new int[] {2, 3}))));
    FUNCTIONS.put(
        "pad",
        (tf, x, b) ->
            tf.math.square(
                tf.pad(
                    tf.math.mul(x, b),
                    tf.constant(new int[][] {{1, 2}, {0, 3}}),
                    tf.constant(0f))));
    FUNCTIONS.put(
        "concat",
        (tf, x, b) -> tf.math.square(tf.concat(List.of(x, tf.math.mul(x, b)), tf.constant(1))));
    FUNCTIONS.put(
        "stack",
        (tf, x, b) -> tf.math.square(tf.stack(List.of(x, tf.math.mul(x, b)), Stack.axis(1L))));
    FUNCTIONS.put("unstack", GradientRulesTest::unstacked);
    FUNCTIONS.put("split", GradientRulesTest::parted);
    FUNCTIONS.put("gather", GradientRulesTest::gathered);
    FUNCTIONS.put("crossEntropy", GradientRulesTest::crossEntropy);
    FUNCTIONS.put("unsortedSegmentSum", GradientRulesTest::segmentSums);
    FUNCTIONS.put(BY_TENSORFLOW, GradientRulesTest::gatheredColumns);
  }

  static Stream<String> functions() {
    return FUNCTIONS.keySet().stream();
  }

  private static Operand<TFloat32> timesErf(Ops tf, Operand<TFloat32> x, Operand<TFloat32> c) {
    return tf.math.mul(x, tf.math.add(tf.math.erf(x), c));
  }

  private static Operand<TFloat32> product(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> b, boolean first, boolean second) {
    Operand<TFloat32> y = tf.math.mul(x, b); // [3, 4]
    Operand<TFloat32> yT = tf.linalg.transpose(y, tf.constant(new int[] {1, 0}));
    Operand<TFloat32> left = first ? tf.linalg.transpose(x, tf.constant(new int[] {1, 0})) : x;
    return tf.linalg.matMul(
        left, second ? y : yT, MatMul.transposeA(first), MatMul.transposeB(second));
  }

  private static Operand<TFloat32> batchProduct(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> b, boolean first, boolean second) {
    Operand<TFloat32> rows = tf.reshape(tf.math.mul(x, b), tf.constant(new int[] {2, 2, 3}));
    Operand<TFloat32> left =
        first
            ? tf.reshape(x, tf.constant(new int[] {2, 3, 2}))
            : tf.reshape(x, tf.constant(new int[] {2, 2, 3}));
    Operand<TFloat32> right = second ? rows : tf.reshape(rows, tf.constant(new int[] {2, 3, 2}));
    return BatchProduct.of(tf, left, right, first, second);
  }

  private static Operand<TFloat32> gram(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> stack = tf.reshape(x, tf.constant(new int[] {2, 2, 3}));
    return tf.train.batchMatMul(
        stack, stack, TFloat32.class, org.tensorflow.op.train.BatchMatMul.adjY(true));
  }

  private static Operand<TFloat32> cube(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    Operand<TFloat32> cube = tf.reshape(tf.math.mul(x, b), tf.constant(new int[] {3, 2, 2}));
    return tf.linalg.transpose(cube, tf.constant(new int[] {2, 0, 1}));
  }

  private static Operand<TFloat32> unstacked(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    List<Output<TFloat32>> rows = tf.unstack(tf.math.mul(x, b), 4L, Unstack.axis(1L)).output();
    return tf.math.mul(rows.get(0), tf.math.square(rows.get(2))); // two of four are not read
  }

  private static Operand<TFloat32> parted(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    List<Output<TFloat32>> columns = tf.split(tf.constant(1), tf.math.mul(x, b), 4L).output();
    return tf.math.mul(columns.get(3), tf.math.square(columns.get(1))); // two of four are not read
  }

  private static Operand<TFloat32> gathered(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    Operand<TInt32> rows = tf.constant(new int[][] {{2, 0}, {2, 2}});
    return tf.math.square(tf.gather(tf.math.mul(x, b), rows, tf.constant(0)));
  }

  private static Operand<TFloat32> crossEntropy(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    Operand<TFloat32> labels =
        tf.oneHot(
            tf.constant(new int[] {1, 3, 0}), tf.constant(4), tf.constant(0.7f), tf.constant(0.1f));
    return tf.math.square(tf.nn.softmaxCrossEntropyWithLogits(tf.math.mul(x, b), labels).loss());
  }

  private static Operand<TFloat32> gatheredColumns(
      Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    return tf.math.square(tf.gather(x, tf.constant(new int[] {2, 0, 2}), tf.constant(1)));
  }

  private static Operand<TFloat32> segmentSums(Ops tf, Operand<TFloat32> x, Operand<TFloat32> b) {
    Operand<TInt32> segments = tf.constant(new int[] {3, 1, 3});
    return tf.math.square(tf.math.unsortedSegmentSum(tf.math.mul(x, b), segments, tf.constant(5)));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void ruleAgreesWithTensorFlowsGradient(String name) {
    try (Net net = new Net(name)) {
      List<Operand<?>> sources = new ArrayList<>();
      List<Operand<?>> byRules = new ArrayList<>();
      for (int i = 0; i < net.gradients.size(); i++) {
        if (net.gradients.get(i) != null) {
          sources.add(i == 0 ? net.x : net.b);
          byRules.add(net.gradients.get(i));
        }
      }
      Output<?>[] byTensorFlow =
          net.graph.addGradients(
              null,
              new Output<?>[] {net.loss.asOutput()},
              sources.stream().map(Operand::asOutput).toArray(Output<?>[]::new),
              null);
      for (int i = 0; i < byTensorFlow.length; i++) {
        float[] expected = net.run(byTensorFlow[i], net.start);
        assertArrayEquals(expected, net.run(byRules.get(i), net.start), 2e-5f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void ruleCanBeDifferentiatedAgain(String name) {
    if (name.equals(BY_TENSORFLOW)) {
      return; // TensorFlow's own gradient is not one of our rules.
    }
    try (Net net = new Net(name)) {
      float[] direction = net.random(net.start.length);
      double h = 1e-2;
      float[] second = net.run(net.secondOrder(), net.start);
      double analytic = 0;
      for (int i = 0; i < second.length; i++) {
        analytic += second[i] * direction[i];
      }
      float[] plus = net.run(net.weighted, net.moved(direction, h));
      float[] minus = net.run(net.weighted, net.moved(direction, -h));
      assertEquals((plus[0] - minus[0]) / (2 * h), analytic, 5e-3 * (1 + Math.abs(analytic)));
    }
  }

  @Test
  void operationWithoutAGradientIsNamed() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> x = tf.constant(new float[] {1.5f, 2.5f});
      Operand<TFloat32> y = tf.withName("rounded").math.nextAfter(x, tf.constant(3f));
      MissingGradientException e =
          assertThrows(
              MissingGradientException.class,
              () ->
                  ReverseMode.vectorJacobianProducts(
                      tf, List.of(y), List.of(tf.onesLike(y)), List.of(x)));
      assertEquals(List.of("NextAfter (rounded)"), e.operations());
    }
  }

  /** A weighted sum of a function's values, its gradient by our rules, and a session. */
  private static final class Net implements AutoCloseable {
    final Graph graph = new Graph();
    final Ops tf = Ops.create(graph);
    final Session session = new Session(graph);
    final Random random = new Random(7);
    final Placeholder<TFloat32> x =
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(3, 4)));
    final Placeholder<TFloat32> b = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(4)));
    final float[] start = random(16);
    final Operand<TFloat32> loss;
    final List<Operand<?>> gradients;
    final Operand<TFloat32> weighted;

    Net(String name) {
      for (int i = 0; i < start.length; i++) {
        start[i] = 0.7f + 0.3f * start[i];
      }
      loss = weightedSum(FUNCTIONS.get(name).apply(tf, x, b));
      gradients =
          ReverseMode.vectorJacobianProducts(
              tf, List.of(loss), List.of(tf.constant(1f)), List.of(x, b));
      List<Operand<TFloat32>> sums = new ArrayList<>();
      for (Operand<?> gradient : gradients) {
        if (gradient != null) {
          sums.add(weightedSum(gradient.asOutput().expect(TFloat32.class)));
        }
      }
      weighted = sums.size() == 1 ? sums.get(0) : tf.math.add(sums.get(0), sums.get(1));
    }

    private Operand<TFloat32> weightedSum(Operand<TFloat32> y) {
      int size = Math.toIntExact(y.shape().size());
      Operand<TFloat32> flat = tf.reshape(y, tf.constant(new int[] {size}));
      return tf.reduceSum(tf.math.mul(flat, tf.constant(random(size))), tf.constant(0));
    }

    /** The gradient of the weighted sum of gradients by x and b, laid end to end. */
    Operand<TFloat32> secondOrder() {
      List<Operand<?>> second =
          ReverseMode.vectorJacobianProducts(
              tf, List.of(weighted), List.of(tf.constant(1f)), List.of(x, b));
      List<Operand<TFloat32>> parts = new ArrayList<>();
      int[] sizes = {12, 4};
      for (int i = 0; i < sizes.length; i++) {
        parts.add(
            second.get(i) == null
                ? tf.constant(new float[sizes[i]])
                : tf.reshape(
                    second.get(i).asOutput().expect(TFloat32.class),
                    tf.constant(new int[] {sizes[i]})));
      }
      return tf.concat(parts, tf.constant(0));
    }

    float[] random(int size) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) (2 * random.nextDouble() - 1);
      }
      return values;
    }

    float[] moved(float[] direction, double h) {
      float[] values = start.clone();
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (h * direction[i]);
      }
      return values;
    }

    float[] run(Operand<?> fetch, float[] at) {
      float[][] matrix = new float[3][4];
      float[] vector = new float[4];
      for (int i = 0; i < 12; i++) {
        matrix[i / 4][i % 4] = at[i];
      }
      System.arraycopy(at, 12, vector, 0, 4);
      try (TFloat32 xs = TFloat32.tensorOf(StdArrays.ndCopyOf(matrix));
          TFloat32 bs = TFloat32.tensorOf(StdArrays.ndCopyOf(vector));
          Result result = session.runner().feed(x, xs).feed(b, bs).fetch(fetch).run()) {
        TFloat32 values = (TFloat32) result.get(0);
        float[] flat = new float[Math.toIntExact(values.size())];
        int[] next = {0};
        values.scalars().forEach(scalar -> flat[next[0]++] = scalar.getFloat());
        return flat;
      }
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }
}
