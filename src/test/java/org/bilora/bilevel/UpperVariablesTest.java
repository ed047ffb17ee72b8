package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.common.collect.ImmutableList;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpperVariablesTest {
  private static final float[][] X = {{1, 0.5f}, {-0.7f, 1.2f}, {0.3f, -0.9f}, {1.4f, 0.2f}};
  private static final float[] Y = {0.8f, -0.6f, 1.1f, 0.4f};
  private static final float[][] HELD_OUT_X = {{0.6f, -0.4f}, {-1.1f, 0.9f}};
  private static final float[] HELD_OUT_Y = {0.5f, -0.2f};
  private static final float[] V = {0.7f, -0.4f};

  static Stream<UpperVariables> variables() {
    return Stream.of(
        new ExampleWeights(Y.length),
        new LossWeights(3, 5),
        new WeightDecays(ImmutableList.of(0), 0.3));
  }

  @ParameterizedTest
  @MethodSource("variables")
  void theExactHypergradientMatchesDifferencesOfTheUnrolledObjective(UpperVariables variables) {
    try (ProblemSession session = session(variables)) {
      float[] upper = variables.group().initial();
      Random random = new Random(3);
      for (int i = 0; i < upper.length; i++) {
        upper[i] += (float) (0.5 * random.nextGaussian());
      }
      Differences.assertExact(session, new ProblemSession.At(V, upper, 0.5f), 0.1, 2e-3, 0.99);
    }
  }

  /** ∇_V L₁ = Σ wᵢ ∇ℓᵢ / Σ wᵢ where weights are apart from V. */
  @Test
  void examplesMoveVByTheirShareOfAllWeights() {
    float[] raw = {0.5f, -1, 2, 0};
    double[] weights = new double[Y.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = ExampleWeights.weight(raw[i]);
    }
    try (ProblemSession session = session(new ExampleWeights(Y.length))) {
      ProblemSession.At at = new ProblemSession.At(V, raw, 0);
      assertArrayEquals(
          weightedGradient(weights), Differences.doubles(session.lowerGradient(at)), 1e-6);
    }
  }

  @Test
  void aWeightThatFollowsTheLossIsHeldWhereVMoves() {
    LossWeights variables = new LossWeights(1, 0);
    // a = 2, b = −0.5, u = −3, c = 1
    float[] upper = {2, -0.5f, -3, 1};
    double[] weights = new double[Y.length];
    for (int i = 0; i < weights.length; i++) {
      double loss = 0.5 * Math.pow(error(i), 2);
      weights[i] = 1 / (1 + Math.exp(-(-3 * Math.tanh(2 * loss - 0.5) + 1)));
    }
    try (ProblemSession session = session(variables)) {
      ProblemSession.At at = new ProblemSession.At(V, upper, 0);
      assertArrayEquals(
          weightedGradient(weights), Differences.doubles(session.lowerGradient(at)), 1e-6);
    }
  }

  @Test
  void weightsStartEqual() {
    double[] equal = {1, 1, 1, 1};
    for (UpperVariables variables :
        new UpperVariables[] {new ExampleWeights(4), new LossWeights(3, 5)}) {
      try (ProblemSession session = session(variables)) {
        ProblemSession.At at = new ProblemSession.At(V, variables.group().initial(), 0);
        assertArrayEquals(
            weightedGradient(equal), Differences.doubles(session.lowerGradient(at)), 1e-6);
      }
    }
  }

  @Test
  void aWeightDecayAddsItsShareOfV() {
    WeightDecays variables = new WeightDecays(ImmutableList.of(0), 0.3);
    double[] equal = {1, 1, 1, 1};
    try (ProblemSession session = session(variables)) {
      ProblemSession.At at = new ProblemSession.At(V, variables.group().initial(), 0);
      assertArrayEquals(
          Linear.plus(weightedGradient(equal), 0.3, Differences.doubles(V)),
          Differences.doubles(session.lowerGradient(at)),
          1e-6);
      assertEquals(1, WeightDecays.of(session.problem().lowerGroup(), 1).parameters().size());
    }
  }

  private static double[] weightedGradient(double[] weights) {
    double[] gradient = new double[V.length];
    double sum = 0;
    for (int i = 0; i < Y.length; i++) {
      sum += weights[i];
      for (int k = 0; k < V.length; k++) {
        gradient[k] += weights[i] * error(i) * X[i][k];
      }
    }
    return Linear.plus(new double[V.length], 1 / sum, gradient);
  }

  private static double error(int i) {
    return V[0] * X[i][0] + V[1] * X[i][1] - Y[i];
  }

  private static ProblemSession session(UpperVariables variables) {
    return new ProblemSession(
        tf -> new Regression(Regression.Kind.SQUARED, variables, X, Y, HELD_OUT_X, HELD_OUT_Y, V));
  }
}
