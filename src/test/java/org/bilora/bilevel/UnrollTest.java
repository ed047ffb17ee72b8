package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exact hypergradient through AdamW, in the middle of a training. */
class UnrollTest {
  private static final AdamW ADAM = new AdamW(0.8, 0.95, 1e-3, 0.1);
  private static final float RATE = 0.07f;
  private static final int UPDATES = 4;
  private static final float[] FIRST_MOMENT = {0.3f, -0.2f, 0.05f};
  private static final float[] SECOND_MOMENT = {0.04f, 0.3f, 0.01f};
  private static final int LOWER_BATCH = 1;

  private final double[] v = Differences.doubles(Polynomials.V);
  private final double[] e = Differences.doubles(Polynomials.E);
  private ProblemSession session;

  @AfterEach
  void close() {
    session.close();
  }

  /** 0.1 clips the gradient, 100 does not, 0 is no clipping. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 100})
  void throughAdamWItMatchesCentralDifferencesOfTheStepWithItsDiagonalHeld(double maxNorm) {
    open(maxNorm);
    double[] gradient = Polynomials.lowerGradient(LOWER_BATCH, v, e);
    double norm = norm(gradient);
    double factor = maxNorm == 0 ? 1 : Math.min(1, maxNorm / norm);
    assertEquals(maxNorm == 0.1, factor < 0.9, "clipping at %s of %s".formatted(maxNorm, norm));
    double[] denominator = denominator(gradient, factor);
    double h = 1e-5;
    float[] estimate = session.hypergradient(new Exact(Unroll.ADAMW), at());
    for (int i = 0; i < e.length; i++) {
      double[] plus = e.clone();
      double[] minus = e.clone();
      plus[i] += h;
      minus[i] -= h;
      double slope =
          (objective(plus, factor, denominator) - objective(minus, factor, denominator)) / (2 * h);
      assertEquals(slope, estimate[i], 2e-5, "component " + i);
    }
  }

  @Test
  void steadyHandsOnAllOfAGradientAndAdamWTheShareOfItsFirstUpdate() {
    open(0.1);
    float[] once = session.estimate(new Exact(Unroll.ADAMW), at()).second();
    ProblemSession.Estimated steady = session.estimate(new Exact(Unroll.STEADY), at());
    double share = (1 - ADAM.beta1()) / (1 - Math.pow(ADAM.beta1(), UPDATES + 1));
    for (int i = 0; i < once.length; i++) {
      assertEquals(once[i], share * steady.second()[i], 1e-6, "component " + i);
    }
    assertArrayEquals(
        session.estimate(new Exact(Unroll.ADAMW), at()).first(), steady.first(), 0, "first term");
  }

  @Test
  void throughAdamWTheSecondTermIsLongerThanThroughGradientDescentOfTheSameRate() {
    open(0);
    double plain = norm(session.estimate(new Exact(Unroll.SGD), at()).second());
    double adamw = norm(session.estimate(new Exact(Unroll.STEADY), at()).second());
    assertTrue(adamw > 1.5 * plain, adamw + " against " + plain);
  }

  private void open(double maxNorm) {
    session =
        new ProblemSession(
            tf -> new Polynomials(), new LevelOptimizer(ADAM, new GlobalNormClipping(maxNorm)), 0);
  }

  private static ProblemSession.At at() {
    return new ProblemSession.At(Polynomials.V, Polynomials.E, RATE, Polynomials.V, LOWER_BATCH, 0)
        .withState(
            new ProblemSession.State(
                FIRST_MOMENT.clone(), SECOND_MOMENT.clone(), UPDATES, RATE, List.of()));
  }

  private static double[] denominator(double[] gradient, double factor) {
    double[] denominator = new double[gradient.length];
    for (int i = 0; i < gradient.length; i++) {
      double g = factor * gradient[i];
      double second = ADAM.beta2() * SECOND_MOMENT[i] + (1 - ADAM.beta2()) * g * g;
      denominator[i] =
          Math.sqrt(second / (1 - Math.pow(ADAM.beta2(), UPDATES + 1))) + ADAM.epsilon();
    }
    return denominator;
  }

  /** L₂(V⁺(E), E), V⁺ being AdamW's step with clipping factor and denominator given. */
  private double objective(double[] upper, double factor, double[] denominator) {
    double[] gradient = Polynomials.lowerGradient(LOWER_BATCH, v, upper);
    double[] after = v.clone();
    for (int i = 0; i < v.length; i++) {
      double first = ADAM.beta1() * FIRST_MOMENT[i] + (1 - ADAM.beta1()) * factor * gradient[i];
      double unbiased = first / (1 - Math.pow(ADAM.beta1(), UPDATES + 1));
      after[i] -= RATE * (unbiased / denominator[i] + ADAM.weightDecay() * v[i]);
    }
    return Polynomials.upperLoss(0, after, upper);
  }

  private static double norm(float[] values) {
    return norm(Differences.doubles(values));
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
