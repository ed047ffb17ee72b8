package org.bilora.doctor;

import java.util.Optional;
import org.bilora.step.TensorFlowDevices;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/** Multiplies matrices in bfloat16 and in float32, and says which is faster here. */
final class Bfloat16Check {
  /**
   * A chain of products {@code [tokens, width] × [width, width]}.
   *
   * @param tokens rows
   * @param width of a dense layer
   * @param layers products
   */
  record Chain(int tokens, int width, int layers) {
    /** A small Transformer's dense layers. */
    static final Chain ON_CPU = new Chain(1024, 384, 16);

    /** So much that starting the products is a small part of it: 1 TFLOP. */
    static final Chain ON_GPU = new Chain(8192, 1024, 64);

    static Chain here() {
      return TensorFlowDevices.gpus().isEmpty() ? ON_CPU : ON_GPU;
    }

    double operations() {
      return 2.0 * tokens * width * width * layers;
    }
  }

  private static final double SECONDS = 1;
  private static final double WORTH_IT = 1.1;

  private Bfloat16Check() {}

  /**
   * What products took in either type, or what is wrong with bfloat16.
   *
   * @param problem empty where it works
   * @param brief rate in bfloat16, in GFLOP/s
   * @param single rate in float32, in GFLOP/s
   */
  record Measured(Optional<String> problem, double brief, double single) {
    /** Whether bfloat16 is the better choice. */
    boolean worthIt() {
      return problem.isEmpty() && brief / single >= WORTH_IT;
    }
  }

  static Finding finding(Cpu cpu) {
    Measured measured = measure();
    return measured.problem().isPresent()
        ? Finding.warn("bf16", measured.problem().get(), "train with --precision f32, the default")
        : verdict(
            measured.brief(),
            measured.single(),
            !TensorFlowDevices.gpus().isEmpty() || cpu.multipliesBfloat16());
  }

  /** Times both for a second. */
  static Measured measure() {
    Chain chain = Chain.here();
    try (Products single = new Products(TFloat32.class, chain);
        Products brief = new Products(TBfloat16.class, chain)) {
      float expected = single.run();
      float value;
      try {
        value = brief.run();
      } catch (RuntimeException e) {
        return failed("does not work (%s)".formatted(Finding.reason(e)));
      }
      // Every rounding to 8 bits of mantissa may add 2^-9 of relative error, once a layer.
      if (!(Math.abs(value / expected - 1) <= chain.layers() / 512.0)) {
        return failed("computes %s where f32 computes %s".formatted(value, expected));
      }
      // In turn, so that what else the machine does meets both alike.
      long start = System.nanoTime();
      do {
        single.time();
        brief.time();
      } while (System.nanoTime() - start < SECONDS * 1e9);
      return new Measured(Optional.empty(), brief.gigaflops(), single.gigaflops());
    }
  }

  private static Measured failed(String problem) {
    return new Measured(Optional.of(problem), 0, 0);
  }

  /**
   * Which is the better choice.
   *
   * @param brief rate in bfloat16, in GFLOP/s
   * @param single rate in float32, in GFLOP/s
   * @param instructions whether there are instructions for products in bfloat16
   */
  static Finding verdict(double brief, double single, boolean instructions) {
    double ratio = brief / single;
    String value =
        "works: %.0f GFLOP/s, f32 %.0f GFLOP/s, %.2f times as fast".formatted(brief, single, ratio);
    if (ratio >= WORTH_IT) {
      return Finding.ok("bf16", value, "--precision bf16 is the faster choice here");
    }
    return Finding.ok(
        "bf16",
        value,
        instructions
            ? "--precision f32 is the better choice here"
            : "this processor has neither avx512_bf16 nor amx_bf16; --precision f32 is the better"
                + " choice here");
  }

  /** A chain of products x W W … of one type. */
  static final class Products implements AutoCloseable {
    private final Graph graph = new Graph();
    private final Session session = new Session(graph);
    private final TFloat32 one = TFloat32.scalarOf(1f);
    private final Chain chain;
    private final Placeholder<TFloat32> scale;
    private final Operand<TFloat32> corner;
    private double bestSeconds = Double.POSITIVE_INFINITY;

    <T extends TFloating> Products(Class<T> type, Chain chain) {
      this.chain = chain;
      Ops tf = Ops.create(graph);
      // Fed, or the whole chain would be computed once, when the graph is optimized.
      scale = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      Operand<T> product = matrix(tf, type, scale, chain.tokens());
      Operand<T> w = matrix(tf, type, scale, chain.width());
      for (int layer = 0; layer < chain.layers(); layer++) {
        product = tf.linalg.matMul(product, w);
      }
      corner =
          tf.dtypes.cast(
              tf.slice(product, tf.constant(new int[] {0, 0}), tf.constant(new int[] {1, 1})),
              TFloat32.class);
    }

    /** Positive numbers about 1 / width, so that the chain neither grows nor vanishes. */
    private <T extends TFloating> Operand<T> matrix(
        Ops tf, Class<T> type, Operand<TFloat32> scale, int rows) {
      int width = chain.width();
      float[][] values = new float[rows][width];
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < width; column++) {
          values[row][column] = (1 + ((row * 7 + column * 3) % 11 - 5) * 0.1f) / width;
        }
      }
      return tf.dtypes.cast(tf.math.mul(tf.constant(values), scale), type);
    }

    /** One of the numbers the chain ends with. */
    float run() {
      try (Result result = session.runner().feed(scale, one).fetch(corner).run()) {
        return ((TFloat32) result.get(0)).getFloat();
      }
    }

    void time() {
      long before = System.nanoTime();
      run();
      bestSeconds = Math.min(bestSeconds, (System.nanoTime() - before) / 1e9);
    }

    /** Best rate so far, 2 · tokens · in · out operations a product. */
    double gigaflops() {
      return chain.operations() / bestSeconds / 1e9;
    }

    @Override
    public void close() {
      one.close();
      session.close();
      graph.close();
    }
  }
}
