package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

  /**
   * Holds a gradient to differences along four random directions.
   *
   * @param tolerance relative to the gradient's length
   */
  public static void assertSlopes(
      float[] gradient,
      ToDoubleFunction<float[]> loss,
      float[] around,
      Random random,
      double tolerance) {
    double length = Math.sqrt(dot(gradient, gradient));
    for (int i = 0; i < 4; i++) {
      float[] direction = direction(around.length, random);
      double expected = along(loss, around, direction, 0.05);
      double slope = dot(gradient, direction);
      assertEquals(expected, slope, tolerance * length, "direction " + i);
    }
  }

  /**
   * Holds the exact hypergradient to central differences of the unrolled objective.
   *
   * @param step of the differences
   * @param tolerance of the relative error
   * @param secondTerm least share of the hypergradient that the second term must have, so that the
   *     check is worth something
   */
  public static void assertExact(
      ProblemSession session,
      ProblemSession.At at,
      double step,
      double tolerance,
      double secondTerm) {
    double[] expected =
        gradient(upper -> session.unrolledObjective(at.withUpper(upper)), at.upper(), step);
    double error = relativeError(expected, session.hypergradient(new Exact(), at));
    assertTrue(error < tolerance, "relative error " + error);
    double withoutSecondTerm = relativeError(expected, session.hypergradient(new FirstOrder(), at));
    assertTrue(withoutSecondTerm > secondTerm, "the second term is only " + withoutSecondTerm);
  }
}
