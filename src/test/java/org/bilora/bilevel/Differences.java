package org.bilora.bilevel;

import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Derivatives by central differences, and the distance of two vectors. */
public final class Differences {
  private Differences() {}

  /**
   * df/dx, each component by Richardson's extrapolation of two central differences, (4 D(h) −
   * D(2h)) / 3: of fourth order, so that h can be large against the rounding of a float32 function.
   */
  public static double[] gradient(ToDoubleFunction<float[]> f, float[] x, double h) {
    double[] gradient = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      float[] direction = new float[x.length];
      direction[i] = 1;
      gradient[i] = along(f, x, direction, h);
    }
    return gradient;
  }

  /** d · df/dx, as in {@link #gradient}. */
  public static double along(ToDoubleFunction<float[]> f, float[] x, float[] d, double h) {
    return (4 * central(f, x, d, h) - central(f, x, d, 2 * h)) / 3;
  }

  private static double central(ToDoubleFunction<float[]> f, float[] x, float[] d, double h) {
    return (f.applyAsDouble(plus(x, h, d)) - f.applyAsDouble(plus(x, -h, d))) / (2 * h);
  }

  /** x + h d. */
  public static float[] plus(float[] x, double h, float[] d) {
    float[] moved = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      moved[i] = (float) (x[i] + h * d[i]);
    }
    return moved;
  }

  /** A random vector of length 1. */
  public static float[] direction(int size, Random random) {
    double[] values = random.doubles(size, -1, 1).toArray();
    double norm = norm(values);
    float[] unit = new float[size];
    for (int i = 0; i < size; i++) {
      unit[i] = (float) (values[i] / norm);
    }
    return unit;
  }

  /** ‖actual − expected‖₂ / ‖expected‖₂. */
  public static double relativeError(double[] expected, float[] actual) {
    double[] difference = new double[expected.length];
    for (int i = 0; i < expected.length; i++) {
      difference[i] = actual[i] - expected[i];
    }
    return norm(difference) / norm(expected);
  }

  /** The same values in double precision. */
  public static double[] doubles(float[] values) {
    double[] copy = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      copy[i] = values[i];
    }
    return copy;
  }

  /** a · b. */
  public static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
