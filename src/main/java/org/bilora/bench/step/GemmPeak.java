package org.bilora.bench.step;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bilora.autodiff.ResourceVariable;
import org.bilora.train.TensorFlowDevices;
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
  private static final ImmutableList<int[]> SHAPES =
      ImmutableList.of(
          new int[] {1024, 1024, 1024},
          new int[] {2048, 2048, 2048},
          new int[] {2048, 768, 3072},
          new int[] {2048, 384, 1536},
          new int[] {4096, 1024, 1024});

  /** A product large enough for a GPU, too. */
  private static final int[] LARGE = {8192, 8192, 8192};

  /** Least operations of one run, so that the cost of starting it is small: several products. */
  private static final double OPERATIONS_PER_RUN = 8e9;

  private static final int MOST_PRODUCTS = 4;

  /** The same on a GPU, which is done with the above before it is told of it. */
  private static final double OPERATIONS_PER_RUN_ON_GPU = 1e12;

  private static final int MOST_PRODUCTS_ON_GPU = 64;

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
    this(type, TensorFlowDevices.gpus().isEmpty() ? SHAPES : withLarge());
  }

  private static List<int[]> withLarge() {
    return ImmutableList.<int[]>builder().addAll(SHAPES).add(LARGE).build();
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
      boolean gpu = !TensorFlowDevices.gpus().isEmpty();
      int products =
          (int)
              Math.ceil(
                  Math.min(
                      gpu ? MOST_PRODUCTS_ON_GPU : MOST_PRODUCTS,
                      (gpu ? OPERATIONS_PER_RUN_ON_GPU : OPERATIONS_PER_RUN)
                          / operationsPerProduct));
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
