package org.bilora.bench.step;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bilora.graph.ResourceVariable;
import org.bilora.step.TensorFlowDevices;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReadVariableOp;
import org.tensorflow.types.family.TFloating;

/**
 * How many floating-point operations a second TensorFlow's matrix product reaches here: the best of
 * several shapes over all rounds, the yardstick that a training step's speed is told in. Rounds are
 * meant to be taken between steps, so that what else the machine does meets both alike.
 */
public final class GemmPeak implements AutoCloseable {
  /** Products {@code [m, k] × [k, n]}: square ones, and those of a Transformer's dense layers. */
  private static final List<int[]> SHAPES =
      ImmutableList.of(
          new int[] {1024, 1024, 1024},
          new int[] {2048, 2048, 2048},
          new int[] {2048, 768, 3072},
          new int[] {2048, 384, 1536},
          new int[] {4096, 1024, 1024});

  /** The same, and one large enough for a GPU, too. */
  private static final List<int[]> SHAPES_ON_GPU =
      ImmutableList.<int[]>builder().addAll(SHAPES).add(new int[] {8192, 8192, 8192}).build();

  /**
   * How much one run computes, so that the cost of starting it is small: several products.
   *
   * @param operations at least, unless that takes more products
   * @param mostProducts of one run
   */
  private record Amount(double operations, int mostProducts) {
    static final Amount ON_CPU = new Amount(8e9, 4);

    /** A GPU is done with the former before it is told of it. */
    static final Amount ON_GPU = new Amount(1e12, 64);

    int products(double operationsPerProduct) {
      return (int) Math.ceil(Math.min(mostProducts, operations / operationsPerProduct));
    }
  }

  /** Least length of a round. */
  private static final double SECONDS_PER_ROUND = 0.5;

  private final List<Run> runs = new ArrayList<>();
  private double best;

  /**
   * Builds the products; nothing is timed yet.
   *
   * @param type of the factors
   */
  public GemmPeak(Class<? extends TFloating> type) {
    this(type, onGpu() ? SHAPES_ON_GPU : SHAPES);
  }

  private static boolean onGpu() {
    return !TensorFlowDevices.gpus().isEmpty();
  }

  GemmPeak(Class<? extends TFloating> type, List<int[]> shapes) {
    shapes.forEach(shape -> runs.add(new Run(type, shape)));
  }

  /** Times every shape, again and again for half a second. */
  public void round() {
    long start = System.nanoTime();
    do {
      for (Run run : runs) {
        long before = System.nanoTime();
        run.run();
        best = Math.max(best, run.operations / (System.nanoTime() - before));
      }
    } while (System.nanoTime() - start < SECONDS_PER_ROUND * 1e9);
  }

  /** The best so far, in GFLOP/s, 2 m k n operations counted for a product; 0 before a round. */
  public double gigaflops() {
    return best;
  }

  @Override
  public void close() {
    runs.forEach(Run::close);
  }

  /** Several products of one shape. */
  private static final class Run implements AutoCloseable {
    private final Graph graph = new Graph();
    private final Session session = new Session(graph);
    private final Operand<?> result;
    private final double operations;

    <T extends TFloating> Run(Class<T> type, int[] shape) {
      double operationsPerProduct = 2.0 * shape[0] * shape[1] * shape[2];
      int products = (onGpu() ? Amount.ON_GPU : Amount.ON_CPU).products(operationsPerProduct);
      operations = products * operationsPerProduct;
      Ops tf = Ops.create(graph);
      ResourceVariable<T> left = variable(tf, "left", type, shape[0], shape[1]);
      ResourceVariable<T> right = variable(tf, "right", type, shape[1], shape[2]);
      List<Operand<T>> corners = new ArrayList<>();
      for (int i = 0; i < products; i++) {
        // A read of its own, or one product would serve for all; a corner, or it would be dropped.
        Operand<T> factor = ReadVariableOp.create(tf.scope(), right.handle(), type);
        corners.add(
            tf.slice(
                tf.linalg.matMul(left.value(), factor),
                tf.constant(new int[] {0, 0}),
                tf.constant(new int[] {1, 1})));
      }
      result = tf.math.addN(corners);
      // The first run optimizes the graph.
      run();
    }

    private <T extends TFloating> ResourceVariable<T> variable(
        Ops tf, String name, Class<T> type, int rows, int columns) {
      ResourceVariable<T> variable =
          new ResourceVariable<>(tf, name, type, Shape.of(rows, columns));
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = (i % 7 - 3) * 0.1f;
      }
      ResourceVariable.assign(session, Map.of(variable, values));
      return variable;
    }

    void run() {
      session.runner().fetch(result).run().close();
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }
}
