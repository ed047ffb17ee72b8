package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The estimators where every derivative depends on the point it is taken at. */
class EstimatorsTest {
  private static final float XI = 0.3f;
  private static final float[] UPDATED = {0.2f, -0.3f, 1.1f};
  private final ProblemSession session = new ProblemSession(tf -> new Polynomials());
  private final double[] v = Differences.doubles(Polynomials.V);
  private final double[] e = Differences.doubles(Polynomials.E);

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void exactIsTheClosedFormOnEveryPairOfMiniBatches() {
    for (int lowerBatch = 0; lowerBatch < 2; lowerBatch++) {
      for (int upperBatch = 0; upperBatch < 2; upperBatch++) {
        assertArrayEquals(
            Polynomials.hypergradient(lowerBatch, upperBatch, v, e, XI),
            estimate(new Exact(), lowerBatch, upperBatch),
            2e-6);
      }
    }
  }

  @Test
  void theErrorOfDartsFallsWithTheSquareOfItsEpsilon() {
    double[] closedForm = Polynomials.hypergradient(1, 0, v, e, XI);
    double large = distance(closedForm, estimate(new Darts(1), 1, 0));
    double small = distance(closedForm, estimate(new Darts(0.5), 1, 0));
    assertTrue(large > 1e-3, "no truncation to see: " + large);
    assertTrue(3.9 < large / small && large / small < 4.1, large + " and " + small);
    assertArrayEquals(closedForm, estimate(new Darts(0.01), 1, 0), 2e-5);
  }

  @Test
  void bettysSecondTermIsTakenAtTheUpdatedValuesAndWithoutXi() {
    double[] updated = Differences.doubles(UPDATED);
    assertArrayEquals(
        Polynomials.bettysHypergradient(1, 0, updated, e), estimate(new Betty(0.01), 1, 0), 1e-4);
  }

  @Test
  void theFirstOrderEstimateLacksTheSecondTerm() {
    double[] gradient = Polynomials.lowerGradient(1, v, e);
    double[] unrolled = v.clone();
    for (int i = 0; i < v.length; i++) {
      unrolled[i] -= XI * gradient[i];
    }
    double[] firstTerm = Polynomials.upperLossByUpper(unrolled, e);
    assertArrayEquals(firstTerm, estimate(new FirstOrder(), 1, 0), 1e-6);
    assertTrue(distance(firstTerm, Polynomials.hypergradient(1, 0, v, e, XI)) > 0.05);
  }

  private double[] estimate(Hypergradient estimator, int lowerBatch, int upperBatch) {
    return Differences.doubles(
        session.hypergradient(
            estimator,
            new ProblemSession.At(
                Polynomials.V, Polynomials.E, XI, UPDATED, lowerBatch, upperBatch)));
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }
}
