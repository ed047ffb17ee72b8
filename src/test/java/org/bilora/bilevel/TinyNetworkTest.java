package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.api.Test;

/**
 * The estimators of the implicit hypergradient on a network whose lower level is solved, against
 * central differences for each of which it is solved anew in double precision.
 */
class TinyNetworkTest {
  private static final double[] E = Differences.doubles(TinyNetwork.E);
  private static final double[] IMPLICIT = TinyNetwork.implicitHypergradient(E);
  private static final LevelOptimizer OPTIMIZER =
      new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(0));

  @Test
  void neumannOfManyTerms() {
    assertTrue(error(new Neumann(0, Unroll.SGD)) > 0.1, "one term would do");
    double error = error(new Neumann(60, Unroll.SGD));
    assertTrue(error < 2e-3, "relative error " + error);
  }

  @Test
  void sobaWhenItsStateHasSettled() {
    Soba soba = new Soba(1.2, 0);
    try (ProblemSession session = session(soba)) {
      ProblemSession.At at = at(TinyNetwork.solved(E));
      float[] z = new float[at.lower().length];
      for (int i = 0; i < 100; i++) {
        z = session.estimate(soba, at.withState(state(z))).slots().get(0);
      }
      double error =
          Differences.relativeError(IMPLICIT, session.hypergradient(soba, at.withState(state(z))));
      assertTrue(error < 1e-3, "relative error " + error);
    }
  }

  @Test
  void penaltyWithALargeMultiplier() {
    Penalty penalty = new Penalty(300);
    try (ProblemSession session = session(penalty)) {
      double[] solved = TinyNetwork.solved(E);
      float[] zero = new float[solved.length];
      ProblemSession.At at =
          at(TinyNetwork.penalised(E, penalty.multiplier()))
              .withState(state(floats(solved), zero, zero));
      double error = Differences.relativeError(IMPLICIT, session.hypergradient(penalty, at));
      assertTrue(error < 2e-2, "relative error " + error);
    }
  }

  @Test
  void theFirstTermAloneIsFarFromIt() {
    assertTrue(error(new FirstOrder()) > 0.1);
  }

  private static double error(Hypergradient estimator) {
    try (ProblemSession session = session(estimator)) {
      return Differences.relativeError(
          IMPLICIT, session.hypergradient(estimator, at(TinyNetwork.solved(E))));
    }
  }

  private static ProblemSession session(Hypergradient estimator) {
    return new ProblemSession(tf -> new TinyNetwork(), OPTIMIZER, estimator.slots().size());
  }

  private static ProblemSession.At at(double[] lower) {
    return new ProblemSession.At(floats(lower), TinyNetwork.E, 1.4f);
  }

  private static ProblemSession.State state(float[]... slots) {
    int size = slots[0].length;
    return new ProblemSession.State(new float[size], new float[size], 0, 0, List.of(slots));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
