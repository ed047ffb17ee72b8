package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BilevelIterationTest {
  // A large ε, so that the size of a gradient shows in the step, not only its direction.
  private static final AdamW ADAM = new AdamW(0.8, 0.95, 0.1, 0.1);
  private static final double MAX_NORM = 0.5;
  private static final float[] RATES = {0.1f, 0.05f, 0.3f};

  @ParameterizedTest
  @CsvSource({"exact, 1, 1", "exact, 2, 1", "exact, 1, 2", "exact, 2, 2", "betty, 2, 2"})
  void anIterationIsTheSequenceOfItsStepsInClosedForm(
      String estimator, int lowerSteps, int upperSteps) {
    HostIteration host =
        new HostIteration(
            new HostIteration.Gradients() {
              @Override
              public double[] lower(int batch, double[] v, double[] e) {
                return Polynomials.lowerGradient(batch, v, e);
              }

              @Override
              public double[] upper(
                  int lowerBatch, int upperBatch, double[] v, double[] e, double[] updated) {
                return estimator.equals("exact")
                    ? Polynomials.hypergradient(lowerBatch, upperBatch, v, e, RATES[2])
                    : Polynomials.bettysHypergradient(lowerBatch, upperBatch, updated, e);
              }
            },
            ADAM,
            MAX_NORM,
            new Polynomials(),
            Polynomials.V,
            Polynomials.E);
    LevelOptimizer optimizer = new LevelOptimizer(ADAM, new GlobalNormClipping(MAX_NORM));
    BilevelIteration iteration =
        new BilevelIteration(
            Hypergradient.parse(estimator), lowerSteps, upperSteps, optimizer, optimizer);
    try (BuiltIteration built =
        new BuiltIteration(
            iteration, tf -> new Polynomials(), Polynomials.V, Polynomials.E, RATES)) {
      for (int i = 0; i < 3; i++) {
        built.run();
        host.run(lowerSteps, upperSteps, RATES[0], RATES[1]);
        assertArrayEquals(host.lower(), Differences.doubles(built.lower()), 5e-6, "V after " + i);
        assertArrayEquals(host.upper(), Differences.doubles(built.upper()), 5e-6, "E after " + i);
      }
    }
  }

  @Test
  void theTermsAreComparedInLengthAndDirection() {
    double[] v = Differences.doubles(Polynomials.V);
    double[] e = Differences.doubles(Polynomials.E);
    double[] unrolled = v.clone();
    double[] gradient = Polynomials.lowerGradient(0, v, e);
    for (int i = 0; i < v.length; i++) {
      unrolled[i] -= RATES[2] * gradient[i];
    }
    double[] first = Polynomials.upperLossByUpper(unrolled, e);
    double[] whole = Polynomials.hypergradient(0, 0, v, e, RATES[2]);
    double product = 0;
    double firstSquares = 0;
    double secondSquares = 0;
    for (int i = 0; i < first.length; i++) {
      double second = whole[i] - first[i];
      product += first[i] * second;
      firstSquares += first[i] * first[i];
      secondSquares += second * second;
    }
    float[] terms = terms(new Exact());
    assertEquals(Math.sqrt(secondSquares / firstSquares), terms[0], 1e-5);
    assertEquals(product / Math.sqrt(firstSquares * secondSquares), terms[1], 1e-5);
    assertTrue(Math.abs(terms[1]) > 0.05 && terms[0] > 0.05, "nothing to see");
  }

  @Test
  void withoutASecondTermBothScalarsAreZero() {
    assertArrayEquals(new float[] {0, 0}, terms(new FirstOrder()));
  }

  private static float[] terms(Hypergradient hypergradient) {
    LevelOptimizer optimizer = new LevelOptimizer(ADAM, new GlobalNormClipping(MAX_NORM));
    try (BuiltIteration built =
        new BuiltIteration(
            new BilevelIteration(hypergradient, 1, 1, optimizer, optimizer),
            tf -> new Polynomials(),
            Polynomials.V,
            Polynomials.E,
            RATES)) {
      built.run();
      return built.terms();
    }
  }
}
