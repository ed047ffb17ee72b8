package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A network f(x) = wᵀ tanh(Wᵀx + b) of three hidden units, in the graph and again on the host in
 * double precision, where its lower level can be solved to the last digit:
 *
 * <pre>
 * L₁(V, E) = 1/6 Σₙ sigmoid(Eₙ) (f(xₙ) − yₙ)² + ½ exp(E₆) ‖W‖² + ½ exp(E₇) (‖b‖² + ‖w‖²)
 * L₂(V, E) = ¼ Σₙ (f(x'ₙ) − y'ₙ)² + 0.01 ‖E‖²
 * </pre>
 */
final class TinyNetwork implements BilevelProblem {
  private static final int HIDDEN = 3;
  private static final int MATRIX = 2 * HIDDEN;
  private static final int LOWER = MATRIX + 2 * HIDDEN;
  private static final float[][] X = {
    {1.0f, -0.5f}, {-1.2f, 0.8f}, {0.4f, 1.5f}, {-0.7f, -1.1f}, {1.6f, 0.9f}, {-0.3f, 0.2f}
  };
  private static final float[] Y = {1.2f, -0.9f, 0.5f, -1.4f, 1.8f, 0.1f};
  private static final float[][] HELD_OUT_X = {
    {0.8f, 0.3f}, {-0.9f, -0.4f}, {0.2f, -1.3f}, {1.1f, 1.2f}
  };
  private static final float[] HELD_OUT_Y = {1.0f, -1.3f, -0.4f, 1.1f};
  private static final double UPPER_PENALTY = 0.01;
  private static final float[] START = {
    0.5f, -0.3f, 0.2f, 0.4f, 0.6f, -0.5f, 0.1f, -0.1f, 0.05f, 0.7f, -0.4f, 0.3f
  };
  static final float[] E = {
    0.5f, -0.2f, 0.3f, 0.1f, -0.4f, 0.2f, (float) Math.log(0.15), (float) Math.log(0.18)
  };

  private final ParameterGroup lower =
      new ParameterGroup(
          "lower",
          List.of(
              new Parameter("W", new long[] {2, HIDDEN}, new float[MATRIX], true),
              new Parameter("b", new long[] {1, HIDDEN}, new float[HIDDEN], false),
              new Parameter("w", new long[] {HIDDEN, 1}, new float[HIDDEN], true)));
  private final ParameterGroup upper =
      new ParameterGroup(
          "upper",
          List.of(
              new Parameter("examples", new long[] {Y.length}, new float[Y.length], false),
              new Parameter("decays", new long[] {2}, new float[2], false)));

  @Override
  public ParameterGroup lowerGroup() {
    return lower;
  }

  @Override
  public ParameterGroup upperGroup() {
    return upper;
  }

  @Override
  public Loss lowerLoss(Ops tf, int batch, List<Operand<TFloat32>> v, List<Operand<TFloat32>> e) {
    Operand<TFloat32> errors = squaredErrors(tf, v, X, Y);
    Operand<TFloat32> task =
        tf.math.div(
            sum(tf, tf.math.mul(tf.math.sigmoid(e.get(0)), errors)), tf.constant((float) Y.length));
    Operand<TFloat32> decays = tf.math.exp(e.get(1));
    Operand<TFloat32> squares =
        tf.stack(
            List.of(
                sum(tf, tf.math.square(v.get(0))),
                tf.math.add(sum(tf, tf.math.square(v.get(1))), sum(tf, tf.math.square(v.get(2))))));
    Operand<TFloat32> penalty =
        tf.math.mul(tf.constant(0.5f), sum(tf, tf.math.mul(decays, squares)));
    return new Loss(tf.math.add(task, penalty), task);
  }

  @Override
  public Loss upperLoss(Ops tf, int batch, List<Operand<TFloat32>> v, List<Operand<TFloat32>> e) {
    Operand<TFloat32> errors = squaredErrors(tf, v, HELD_OUT_X, HELD_OUT_Y);
    Operand<TFloat32> task = tf.math.div(sum(tf, errors), tf.constant((float) HELD_OUT_Y.length));
    Operand<TFloat32> penalty =
        tf.math.mul(
            tf.constant((float) UPPER_PENALTY),
            tf.math.add(sum(tf, tf.math.square(e.get(0))), sum(tf, tf.math.square(e.get(1)))));
    return new Loss(tf.math.add(task, penalty), task);
  }

  private static Operand<TFloat32> squaredErrors(
      Ops tf, List<Operand<TFloat32>> v, float[][] x, float[] y) {
    Operand<TFloat32> hidden =
        tf.math.tanh(tf.math.add(tf.linalg.matMul(tf.constant(x), v.get(0)), v.get(1)));
    Operand<TFloat32> output =
        tf.reshape(tf.linalg.matMul(hidden, v.get(2)), tf.constant(Shape.of(y.length)));
    return tf.math.square(tf.math.sub(output, tf.constant(y)));
  }

  private static Operand<TFloat32> sum(Ops tf, Operand<TFloat32> terms) {
    int dimensions = terms.shape().numDimensions();
    return tf.reduceSum(
        terms, tf.constant(java.util.stream.IntStream.range(0, dimensions).toArray()));
  }

  /** V*(E), from the start by descent and then by Newton's method. */
  static double[] solved(double[] e) {
    double[] v = Differences.doubles(START);
    for (int i = 0; i < 3000; i++) {
      v = Linear.plus(v, -0.3, lowerGradient(v, e));
    }
    return newton(v, e);
  }

  /** V*(E), by Newton's method from a V that is near. */
  private static double[] newton(double[] near, double[] e) {
    double[] v = near;
    for (int i = 0; i < 20; i++) {
      double[] gradient = lowerGradient(v, e);
      if (Linear.norm(gradient) < 1e-13) {
        return v;
      }
      v = Linear.plus(v, -1, Linear.solve(hessian(v, e), gradient));
    }
    throw new AssertionError("the lower level is not solved");
  }

  private static double[][] hessian(double[] v, double[] e) {
    double h = 1e-5;
    double[][] hessian = new double[LOWER][];
    for (int i = 0; i < LOWER; i++) {
      double[] unit = new double[LOWER];
      unit[i] = 1;
      double[] slope =
          Linear.plus(
              lowerGradient(Linear.plus(v, h, unit), e),
              -1,
              lowerGradient(Linear.plus(v, -h, unit), e));
      hessian[i] = Linear.plus(new double[LOWER], 1 / (2 * h), slope);
    }
    return hessian;
  }

  /** dL₂(V*(E), E)/dE by central differences, the lower level solved anew at each. */
  static double[] implicitHypergradient(double[] e) {
    double h = 1e-4;
    double[] v = solved(e);
    double[] gradient = new double[e.length];
    for (int i = 0; i < e.length; i++) {
      double[] unit = new double[e.length];
      unit[i] = 1;
      double[] plus = Linear.plus(e, h, unit);
      double[] minus = Linear.plus(e, -h, unit);
      gradient[i] =
          (upperLoss(newton(v, plus), plus) - upperLoss(newton(v, minus), minus)) / (2 * h);
    }
    return gradient;
  }

  /** argmin over V of L₂ + σ L₁, by Newton's method from V*. */
  static double[] penalised(double[] e, double sigma) {
    double[] v = solved(e);
    for (int i = 0; i < 20; i++) {
      double[] gradient = penalisedGradient(v, e, sigma);
      if (Linear.norm(gradient) < 1e-11) {
        return v;
      }
      double h = 1e-5;
      double[][] hessian = new double[LOWER][];
      for (int k = 0; k < LOWER; k++) {
        double[] unit = new double[LOWER];
        unit[k] = 1;
        double[] slope =
            Linear.plus(
                penalisedGradient(Linear.plus(v, h, unit), e, sigma),
                -1,
                penalisedGradient(Linear.plus(v, -h, unit), e, sigma));
        hessian[k] = Linear.plus(new double[LOWER], 1 / (2 * h), slope);
      }
      v = Linear.plus(v, -1, Linear.solve(hessian, gradient));
    }
    throw new AssertionError("the penalised lower level is not solved");
  }

  private static double[] penalisedGradient(double[] v, double[] e, double sigma) {
    double[] weights = new double[HELD_OUT_Y.length];
    java.util.Arrays.fill(weights, 1.0 / HELD_OUT_Y.length);
    return Linear.plus(
        weightedGradient(v, HELD_OUT_X, HELD_OUT_Y, weights), sigma, lowerGradient(v, e));
  }

  /** ∇_V L₁. */
  private static double[] lowerGradient(double[] v, double[] e) {
    double[] weights = new double[Y.length];
    for (int n = 0; n < Y.length; n++) {
      weights[n] = 1 / (1 + Math.exp(-e[n])) / Y.length;
    }
    double[] gradient = weightedGradient(v, X, Y, weights);
    for (int i = 0; i < LOWER; i++) {
      gradient[i] += Math.exp(e[Y.length + (i < MATRIX ? 0 : 1)]) * v[i];
    }
    return gradient;
  }

  /** ∇_V Σₙ weightₙ (f(xₙ) − yₙ)². */
  private static double[] weightedGradient(double[] v, float[][] x, float[] y, double[] weights) {
    double[] gradient = new double[LOWER];
    for (int n = 0; n < y.length; n++) {
      double slope = 2 * weights[n] * (output(v, x[n]) - y[n]);
      for (int k = 0; k < HIDDEN; k++) {
        double hidden = hidden(v, x[n], k);
        double back = slope * v[MATRIX + HIDDEN + k] * (1 - hidden * hidden);
        gradient[k] += back * x[n][0];
        gradient[HIDDEN + k] += back * x[n][1];
        gradient[MATRIX + k] += back;
        gradient[MATRIX + HIDDEN + k] += slope * hidden;
      }
    }
    return gradient;
  }

  private static double upperLoss(double[] v, double[] e) {
    double sum = 0;
    for (int n = 0; n < HELD_OUT_Y.length; n++) {
      sum += Math.pow(output(v, HELD_OUT_X[n]) - HELD_OUT_Y[n], 2) / HELD_OUT_Y.length;
    }
    return sum + UPPER_PENALTY * Linear.dot(e, e);
  }

  private static double output(double[] v, float[] x) {
    double sum = 0;
    for (int k = 0; k < HIDDEN; k++) {
      sum += v[MATRIX + HIDDEN + k] * hidden(v, x, k);
    }
    return sum;
  }

  private static double hidden(double[] v, float[] x, int k) {
    return Math.tanh(v[k] * x[0] + v[HIDDEN + k] * x[1] + v[MATRIX + k]);
  }
}
