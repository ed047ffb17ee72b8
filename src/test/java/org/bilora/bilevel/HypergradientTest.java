package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.junit.jupiter.api.Test;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The estimators on L₁ = ½ Σ (1 + i) (Vᵢ − Eᵢ²)² and L₂ = ½ Σ (Vᵢ − cᵢ)² + ½ Σ Eᵢ², whose
 * hypergradient is known in closed form:
 *
 * <pre>
 * Vᵢ' = Vᵢ − ξ (1 + i) (Vᵢ − Eᵢ²)
 * dL₂/dEᵢ = Eᵢ + ξ (1 + i) 2 Eᵢ (Vᵢ' − cᵢ)
 * </pre>
 */
class HypergradientTest {
  private static final float[] V = {0.7f, -1.2f, 0.4f};
  private static final float[] E = {0.5f, -0.8f, 1.1f};
  private static final float[] TARGET = {0.1f, 0.6f, -0.9f};
  private static final float XI = 0.15f;

  @Test
  void exactIsTheClosedForm() {
    float[] estimate = estimate(new Exact(), V, E);
    for (int i = 0; i < E.length; i++) {
      assertEquals(closedForm(i), estimate[i], 1e-5, "component " + i);
    }
  }

  @Test
  void exactMatchesCentralDifferencesOfTheUnrolledObjective() {
    float[] estimate = estimate(new Exact(), V, E);
    double h = 1e-5;
    for (int i = 0; i < E.length; i++) {
      double[] plus = Differences.doubles(E);
      double[] minus = Differences.doubles(E);
      plus[i] += h;
      minus[i] -= h;
      double expected = (unrolledObjective(plus) - unrolledObjective(minus)) / (2 * h);
      assertEquals(expected, estimate[i], 1e-4, "component " + i);
    }
  }

  @Test
  void theFiniteDifferenceOfDartsAgreesWithExact() {
    // ∂L₁/∂E is linear in V, so the central difference has no error but rounding.
    float[] exact = estimate(new Exact(), V, E);
    float[] darts = estimate(new Darts(0.01), V, E);
    for (int i = 0; i < E.length; i++) {
      assertEquals(exact[i], darts[i], 1e-3, "component " + i);
    }
  }

  @Test
  void theFirstOrderEstimateLacksTheSecondTerm() {
    float[] firstOrder = estimate(new FirstOrder(), V, E);
    for (int i = 0; i < E.length; i++) {
      assertEquals(E[i], firstOrder[i], 1e-6, "component " + i);
      assertTrue(Math.abs(firstOrder[i] - closedForm(i)) > 1e-2, "component " + i);
    }
  }

  private static double closedForm(int i) {
    double unrolled = V[i] - XI * (1 + i) * (V[i] - E[i] * E[i]);
    return E[i] + XI * (1 + i) * 2 * E[i] * (unrolled - TARGET[i]);
  }

  /** F(E) = L₂(V − ξ ∇L₁(V, E), E), in double precision. */
  private static double unrolledObjective(double[] e) {
    double sum = 0;
    for (int i = 0; i < e.length; i++) {
      double unrolled = V[i] - XI * (1 + i) * (V[i] - e[i] * e[i]);
      sum += 0.5 * Math.pow(unrolled - TARGET[i], 2) + 0.5 * e[i] * e[i];
    }
    return sum;
  }

  private static float[] estimate(Hypergradient hypergradient, float[] v, float[] e) {
    try (ProblemSession session = new ProblemSession(tf -> new Quadratic())) {
      return session.hypergradient(hypergradient, new ProblemSession.At(v, e, XI));
    }
  }

  private static final class Quadratic implements BilevelProblem {
    private final ParameterGroup lower =
        new ParameterGroup(
            "lower", List.of(new Parameter("v", new long[] {V.length}, V.clone(), true)));
    private final ParameterGroup upper =
        new ParameterGroup(
            "upper", List.of(new Parameter("e", new long[] {E.length}, E.clone(), false)));

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
      Operand<TFloat32> distance = tf.math.sub(v.get(0), tf.math.square(e.get(0)));
      Operand<TFloat32> weights = tf.constant(new float[] {1, 2, 3});
      return loss(half(tf, tf.math.mul(weights, tf.math.square(distance))));
    }

    @Override
    public Loss upperLoss(Ops tf, int batch, List<Operand<TFloat32>> v, List<Operand<TFloat32>> e) {
      Operand<TFloat32> distance = tf.math.sub(v.get(0), tf.constant(TARGET));
      return loss(
          tf.math.add(half(tf, tf.math.square(distance)), half(tf, tf.math.square(e.get(0)))));
    }

    private static Loss loss(Operand<TFloat32> value) {
      return new Loss(value, value);
    }

    private static Operand<TFloat32> half(Ops tf, Operand<TFloat32> squares) {
      return tf.math.mul(tf.reduceSum(squares, tf.constant(0)), tf.constant(0.5f));
    }
  }
}
