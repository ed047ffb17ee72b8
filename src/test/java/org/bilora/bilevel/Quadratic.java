package org.bilora.bilevel;

import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * A quadratic whose implicit hypergradient is known in closed form:
 *
 * <pre>
 * L₁(V, E) = ½ (V − M E)ᵀ A (V − M E)        V*(E) = M E
 * L₂(V, E) = ½ ‖V − c‖² + ½ ‖E‖²             dL₂/dE = E + Mᵀ (V − c)
 * </pre>
 *
 * @param a A, positive definite, {@code [3, 3]}
 */
record Quadratic(float[][] a) implements BilevelProblem {
  static final int SIZE = 3;
  static final float[][] M = {{0.9f, -0.4f, 0.2f}, {0.3f, 0.7f, -0.5f}, {-0.2f, 0.6f, 1.1f}};
  static final float[] C = {0.5f, -0.8f, 0.3f};
  static final float[] V = {0.7f, -1.2f, 0.4f};
  static final float[] E = {0.5f, -0.8f, 1.1f};

  /** Curvatures between 0.5 and 1.6. */
  static final float[][] ROUND = {{1, 0.3f, -0.2f}, {0.3f, 0.8f, 0.1f}, {-0.2f, 0.1f, 1.4f}};

  /** Curvatures that are 10,000 times apart. */
  static final float[][] STRETCHED = {{100, 0.5f, -0.2f}, {0.5f, 1, 0.02f}, {-0.2f, 0.02f, 0.01f}};

  @Override
  public ParameterGroup lowerGroup() {
    return new ParameterGroup(
        "lower", List.of(new Parameter("v", new long[] {SIZE}, V.clone(), true)));
  }

  @Override
  public ParameterGroup upperGroup() {
    return new ParameterGroup(
        "upper", List.of(new Parameter("e", new long[] {SIZE}, E.clone(), false)));
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> distance = tf.math.sub(lower.get(0), product(tf, M, upper.get(0)));
    return half(tf, tf.math.mul(distance, product(tf, a, distance)));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return half(
        tf,
        tf.math.add(
            tf.math.square(tf.math.sub(lower.get(0), tf.constant(C))),
            tf.math.square(upper.get(0))));
  }

  private static Operand<TFloat32> product(Ops tf, float[][] matrix, Operand<TFloat32> vector) {
    return tf.reshape(
        tf.linalg.matMul(tf.constant(matrix), tf.reshape(vector, tf.constant(new int[] {SIZE, 1}))),
        tf.constant(new int[] {SIZE}));
  }

  private static Loss half(Ops tf, Operand<TFloat32> terms) {
    Operand<TFloat32> value = tf.math.mul(tf.reduceSum(terms, tf.constant(0)), tf.constant(0.5f));
    return new Loss(value, value);
  }

  /** ∇_V L₁ = A (V − M E). */
  double[] lowerGradient(double[] v, double[] e) {
    return Linear.product(a, Linear.plus(v, -1, Linear.product(M, e)));
  }

  /** ∂L₂/∂V = V − c. */
  static double[] upperLossByLower(double[] v) {
    return Linear.plus(v, -1, Differences.doubles(C));
  }

  /** − (∂²L₁/∂E∂V) d = Mᵀ A d: the second term where d stands for H⁻¹ ∂L₂/∂V. */
  double[] secondTerm(double[] d) {
    return Linear.product(Linear.transposed(M), Linear.product(a, d));
  }

  /** The second term of the implicit hypergradient, Mᵀ (V − c). */
  static double[] implicitSecondTerm(double[] v) {
    return Linear.product(Linear.transposed(M), upperLossByLower(v));
  }
}
