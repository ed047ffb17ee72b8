package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The estimators of the implicit hypergradient, on a quadratic where it is known. */
class ImplicitHypergradientTest {
  private static final float XI = 0.4f;
  // With a large ε and no memory AdamW is nearly gradient descent of length η/ε, and settles.
  private static final LevelOptimizer SETTLING =
      new LevelOptimizer(new AdamW(0, 0.5, 100, 0), new GlobalNormClipping(0));

  private final double[] v = Differences.doubles(Quadratic.V);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4})
  void neumannIsItsTruncatedSeries(int terms) {
    Quadratic problem = new Quadratic(Quadratic.ROUND);
    double[] term = Linear.plus(new double[3], XI, Quadratic.upperLossByLower(v));
    double[] sum = term.clone();
    for (int k = 0; k < terms; k++) {
      term = Linear.plus(term, -XI, Linear.product(Quadratic.ROUND, term));
      sum = Linear.plus(sum, 1, term);
    }
    try (ProblemSession session = new ProblemSession(tf -> problem)) {
      ProblemSession.Estimated estimated = session.estimate(new Neumann(terms, Unroll.SGD), at(XI));
      assertArrayEquals(problem.secondTerm(sum), Differences.doubles(estimated.second()), 2e-6);
      assertArrayEquals(Quadratic.E, estimated.first(), 1e-6f);
    }
  }

  @Test
  void neumannTendsToTheImplicitHypergradientAsItsTermsGrow() {
    double[] implicit = Quadratic.implicitSecondTerm(v);
    try (ProblemSession session = new ProblemSession(tf -> new Quadratic(Quadratic.ROUND))) {
      double before = Double.POSITIVE_INFINITY;
      for (int terms : new int[] {0, 5, 10, 20, 40}) {
        double error =
            Differences.relativeError(
                implicit, session.estimate(new Neumann(terms, Unroll.SGD), at(XI)).second());
        assertTrue(error < 0.6 * before, "%d terms: %s after %s".formatted(terms, error, before));
        before = error;
      }
      assertTrue(before < 1e-3, "relative error " + before);
    }
  }

  @Test
  void adamWsDiagonalLetsNeumannConvergeWhereCurvaturesAreFarApart() {
    double[] implicit = Quadratic.implicitSecondTerm(v);
    // √v̂ grows with the curvature, as it does in training; 0.9 / 100 is the longest plain step.
    float[] moments = {100 * 100, 1, 0.01f * 0.01f};
    AdamW adam = new AdamW(0.9, 0.999999, 1e-8, 0);
    try (ProblemSession session =
        new ProblemSession(
            tf -> new Quadratic(Quadratic.STRETCHED),
            new LevelOptimizer(adam, new GlobalNormClipping(0)),
            0)) {
      float many = 1e8f;
      ProblemSession.State state =
          new ProblemSession.State(new float[3], moments, many, 0.9f, List.of());
      double preconditioned =
          Differences.relativeError(
              implicit,
              session.estimate(new Neumann(20, Unroll.STEADY), at(0.9f).withState(state)).second());
      double plain =
          Differences.relativeError(
              implicit,
              session
                  .estimate(new Neumann(20, Unroll.SGD), at(0.9f / 100).withState(state))
                  .second());
      assertTrue(preconditioned < 0.02, "relative error " + preconditioned);
      assertTrue(plain > 0.3, "relative error without " + plain);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25})
  void sobasStateSettlesAtTheSolutionOfItsSystem(double damping) {
    Quadratic problem = new Quadratic(Quadratic.ROUND);
    double[] right = Quadratic.upperLossByLower(v);
    double[] solution = Linear.solve(Linear.shifted(Quadratic.ROUND, 1, damping), right);
    Soba soba = new Soba(0.5, damping);
    try (ProblemSession session =
        new ProblemSession(tf -> problem, SETTLING, soba.slots().size())) {
      float[] z = new float[Quadratic.SIZE];
      for (int i = 0; i < 60; i++) {
        ProblemSession.Estimated estimated = session.estimate(soba, at(0).withState(state(z)));
        double[] before = Differences.doubles(z);
        assertArrayEquals(
            problem.secondTerm(before), Differences.doubles(estimated.second()), 5e-6);
        double[] residual = Linear.plus(Linear.product(Quadratic.ROUND, before), damping, before);
        z = estimated.slots().get(0);
        assertArrayEquals(
            Linear.plus(before, -0.5, Linear.plus(residual, -1, right)),
            Differences.doubles(z),
            5e-6);
      }
      assertArrayEquals(solution, Differences.doubles(z), 1e-5);
      if (damping == 0) {
        assertArrayEquals(
            Quadratic.implicitSecondTerm(v),
            Differences.doubles(session.estimate(soba, at(0).withState(state(z))).second()),
            1e-5);
      }
    }
  }

  @Test
  void whileVIsTrainedSobasStateFollowsIt() {
    Soba soba = new Soba(0.5, 0);
    try (BuiltIteration built = settling(soba, 1, 1)) {
      run(built, 150);
      double[] v = Linear.product(Quadratic.M, Differences.doubles(Quadratic.E));
      assertArrayEquals(v, Differences.doubles(built.lower()), 1e-4);
      assertArrayEquals(
          Linear.solve(Linear.shifted(Quadratic.ROUND, 1, 0), Quadratic.upperLossByLower(v)),
          Differences.doubles(built.slots().get(0)),
          1e-4);
    }
  }

  /** T₁ lower steps per T₂ upper ones lead to the same place. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void thePenaltysVFollowsBothLossesAndItsZTheLowerOne(int stepsPerLevel) {
    double sigma = 3;
    try (BuiltIteration built = settling(new Penalty(sigma), stepsPerLevel, stepsPerLevel)) {
      run(built, 150);
      assertArrayEquals(penalised(sigma), Differences.doubles(built.lower()), 1e-4);
      assertArrayEquals(
          Linear.product(Quadratic.M, Differences.doubles(Quadratic.E)),
          Differences.doubles(built.slots().get(0)),
          1e-4);
    }
  }

  @Test
  void thePenaltysErrorFallsAsItsMultiplierGrows() {
    double[] settled = Linear.product(Quadratic.M, Differences.doubles(Quadratic.E));
    double[] implicit = Quadratic.implicitSecondTerm(settled);
    double small = penaltyError(20, settled, implicit);
    double large = penaltyError(200, settled, implicit);
    assertEquals(10, small / large, 1);
    assertTrue(large < 0.02, "relative error " + large);
  }

  private double penaltyError(double sigma, double[] z, double[] implicit) {
    Penalty penalty = new Penalty(sigma);
    float[] lower = floats(penalised(sigma));
    try (ProblemSession session =
        new ProblemSession(
            tf -> new Quadratic(Quadratic.ROUND), SETTLING, penalty.slots().size())) {
      ProblemSession.Estimated estimated =
          session.estimate(
              penalty,
              at(0).withLower(lower).withState(state(floats(z), new float[3], new float[3])));
      assertArrayEquals(Quadratic.E, estimated.first(), 1e-6f);
      // Settled: what V follows is 0.
      assertEquals(0, Linear.norm(Differences.doubles(estimated.lowerGradient())), 1e-4 * sigma);
      return Differences.relativeError(implicit, estimated.second());
    }
  }

  /** argmin over V of L₂ + σ L₁: (I + σ A) V = c + σ A M E. */
  private static double[] penalised(double sigma) {
    double[] target = Linear.product(Quadratic.M, Differences.doubles(Quadratic.E));
    return Linear.solve(
        Linear.shifted(Quadratic.ROUND, sigma, 1),
        Linear.plus(
            Differences.doubles(Quadratic.C), sigma, Linear.product(Quadratic.ROUND, target)));
  }

  /** V, from where the quadratic starts, with E held. */
  private static BuiltIteration settling(
      Hypergradient hypergradient, int lowerSteps, int upperSteps) {
    return new BuiltIteration(
        new BilevelIteration(hypergradient, lowerSteps, upperSteps, SETTLING, SETTLING),
        tf -> new Quadratic(Quadratic.ROUND),
        Quadratic.V,
        Quadratic.E,
        new float[] {hypergradient instanceof Penalty ? 15 : 50, 0, XI});
  }

  private static void run(BuiltIteration built, int iterations) {
    for (int i = 0; i < iterations; i++) {
      built.run();
    }
  }

  private static ProblemSession.At at(float xi) {
    return new ProblemSession.At(Quadratic.V, Quadratic.E, xi);
  }

  private static ProblemSession.State state(float[]... slots) {
    return new ProblemSession.State(new float[3], new float[3], 0, 0, List.of(slots));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
