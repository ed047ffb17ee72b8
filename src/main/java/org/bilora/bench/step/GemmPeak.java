package org.bilora.bench.step;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bilora.autodiff.ResourceVariable;
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

  /** Products in one run, so that the cost of starting it is small. */
  private static final int PRODUCTS = 4;

  private final List<Chain> chains = new ArrayList<>();
  private double best;

  /**
   * Builds the products; nothing is timed yet.
   *
   * @param type of the factors
   */
  public GemmPeak(Class<? extends TFloating> type) {
    this(type, SHAPES);
  }

  GemmPeak(Class<? extends TFloating> type, List<int[]> shapes) {
    shapes.forEach(shape -> chains.add(new Chain(type, shape)));
  }

  /** Times every shape once, in about a second where 150 GFLOP/s are reached. */
  public void round() {
    for (Chain chain : chains) {
      long before = System.nanoTime();
      chain.run();
      best = Math.max(best, chain.operations / (System.nanoTime() - before));
    }
  }

  /** The best so far, in GFLOP/s, 2 m k n operations counted for a product; 0 before a round. */
  public double gigaflops() {
    return best;
  }

  @Override
  public void close() {
    chains.forEach(Chain::close);
  }

  private static final class Chain implements AutoCloseable {
    private final Graph graph = new Graph();
    private final Session session = new Session(graph);
    private final Operand<?> result;
    private final double operations;

    <T extends TFloating> Chain(Class<T> type, int[] shape) {
      operations = 2.0 * shape[0] * shape[1] * shape[2] * PRODUCTS;
      Ops tf = Ops.create(graph);
      ResourceVariable<T> left = variable(tf, "left", type, shape[0], shape[1]);
      ResourceVariable<T> right = variable(tf, "right", type, shape[1], shape[2]);
      List<Operand<T>> corners = new ArrayList<>();
      for (int i = 0; i < PRODUCTS; i++) {
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
