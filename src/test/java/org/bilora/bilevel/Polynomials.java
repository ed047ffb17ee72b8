package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Two polynomials per mini-batch b, all of whose derivatives are written out below; indices are
 * cyclic and every derivative depends on where it is taken:
 *
 * <pre>
 * L₁(V, E) = ½ Σ w_bᵢ (Vᵢ − Eᵢ²)² + ½ Σ Eᵢ Vᵢ² Vᵢ₊₁
 * L₂(V, E) = ½ Σ (Vᵢ − c_bᵢ)² + ½ Σ Eᵢ² Vᵢ
 * </pre>
 */
final class Polynomials implements BilevelProblem {
  static final float[] V = {0.7f, -0.9f, 0.4f};
  static final float[] E = {0.5f, -0.8f, 0.6f};
  private static final int SIZE = 3;
  private static final float[][] WEIGHTS = {{1, 2, 0.5f}, {0.7f, 0.4f, 1.5f}};
  private static final float[][] TARGETS = {{0.1f, 0.6f, -0.9f}, {-0.4f, 0.2f, 0.8f}};
  private static final float[][] NEXT = {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}};

  private final ParameterGroup lower =
      new ParameterGroup("lower", List.of(new Parameter("v", new long[] {SIZE}, V.clone(), true)));
  private final ParameterGroup upper =
      new ParameterGroup("upper", List.of(new Parameter("e", new long[] {SIZE}, E.clone(), false)));

  @Override
  public ParameterGroup lowerGroup() {
    return lower;
  }

  @Override
  public ParameterGroup upperGroup() {
    return upper;
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    Operand<TFloat32> v = lowerValues.get(0);
    Operand<TFloat32> e = upperValues.get(0);
    Operand<TFloat32> distance = tf.math.sub(v, tf.math.square(e));
    Operand<TFloat32> next =
        tf.reshape(
            tf.linalg.matMul(tf.constant(NEXT), tf.reshape(v, tf.constant(new int[] {SIZE, 1}))),
            tf.constant(new int[] {SIZE}));
    return half(
        tf,
        tf.math.add(
            tf.math.mul(tf.constant(WEIGHTS[batch]), tf.math.square(distance)),
            tf.math.mul(e, tf.math.mul(tf.math.square(v), next))));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lowerValues, List<Operand<TFloat32>> upperValues) {
    Operand<TFloat32> v = lowerValues.get(0);
    Operand<TFloat32> distance = tf.math.sub(v, tf.constant(TARGETS[batch]));
    return half(
        tf,
        tf.math.add(tf.math.square(distance), tf.math.mul(tf.math.square(upperValues.get(0)), v)));
  }

  private static Loss half(Ops tf, Operand<TFloat32> terms) {
    Operand<TFloat32> value = tf.math.mul(tf.reduceSum(terms, tf.constant(0)), tf.constant(0.5f));
    return new Loss(value, value);
  }

  /** ∇_V L₁. */
  static double[] lowerGradient(int batch, double[] v, double[] e) {
    double[] gradient = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      int before = (k + SIZE - 1) % SIZE;
      int after = (k + 1) % SIZE;
      gradient[k] =
          WEIGHTS[batch][k] * (v[k] - e[k] * e[k])
              + e[k] * v[k] * v[after]
              + 0.5 * e[before] * v[before] * v[before];
    }
    return gradient;
  }

  /** (∂²L₁/∂E∂V) d: ∂²L₁/∂Eₖ∂Vₖ = −2 Eₖ wₖ + Vₖ Vₖ₊₁, ∂²L₁/∂Eₖ∂Vₖ₊₁ = ½ Vₖ². */
  static double[] mixedSecondDerivative(int batch, double[] v, double[] e, double[] d) {
    double[] product = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      int after = (k + 1) % SIZE;
      product[k] =
          (-2 * e[k] * WEIGHTS[batch][k] + v[k] * v[after]) * d[k] + 0.5 * v[k] * v[k] * d[after];
    }
    return product;
  }

  /** L₂. */
  static double upperLoss(int batch, double[] v, double[] e) {
    double sum = 0;
    for (int k = 0; k < SIZE; k++) {
      sum += 0.5 * Math.pow(v[k] - TARGETS[batch][k], 2) + 0.5 * e[k] * e[k] * v[k];
    }
    return sum;
  }

  /** ∂L₂/∂V. */
  static double[] upperLossByLower(int batch, double[] v, double[] e) {
    double[] gradient = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      gradient[k] = v[k] - TARGETS[batch][k] + 0.5 * e[k] * e[k];
    }
    return gradient;
  }

  /** ∂L₂/∂E. */
  static double[] upperLossByUpper(double[] v, double[] e) {
    double[] gradient = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      gradient[k] = e[k] * v[k];
    }
    return gradient;
  }

  /** The one-step unrolled hypergradient. */
  static double[] hypergradient(int lowerBatch, int upperBatch, double[] v, double[] e, double xi) {
    double[] unrolled = minus(v, xi, lowerGradient(lowerBatch, v, e));
    double[] direction = upperLossByLower(upperBatch, unrolled, e);
    return minus(
        upperLossByUpper(unrolled, e), xi, mixedSecondDerivative(lowerBatch, v, e, direction));
  }

  /** What Betty's estimator approximates, with V after the optimizer's step in both places. */
  static double[] bettysHypergradient(
      int lowerBatch, int upperBatch, double[] updated, double[] e) {
    double[] direction = upperLossByLower(upperBatch, updated, e);
    return minus(
        upperLossByUpper(updated, e), 1, mixedSecondDerivative(lowerBatch, updated, e, direction));
  }

  private static double[] minus(double[] a, double factor, double[] b) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - factor * b[i];
    }
    return difference;
  }
}
