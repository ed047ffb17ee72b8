package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.BilevelIteration;
import org.bilora.bilevel.BuiltIteration;
import org.bilora.bilevel.Differences;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.HostIteration;
import org.bilora.bilevel.LevelOptimizer;
import org.bilora.bilevel.ProblemSession;
import org.bilora.model.TinyEncoders;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.junit.jupiter.api.Test;

class EncoderIterationTest {
  // A large ε: where a moment is near 0, a small one would turn rounding into whole steps.
  private static final AdamW ADAM = new AdamW(0.8, 0.95, 1e-3, 0.1);
  private static final double MAX_NORM = 1;
  private static final float XI = 0.2f;
  private static final float[] RATES = {0.02f, 0.05f, XI};

  private final TinyProblem tiny =
      new TinyProblem(
          TinyEncoders.bert(3), Lambda.SOFTMAX, TinyProblem.QUERY_AND_VALUE, 3, new int[] {5, 6});

  @Test
  void twoStepsPerLevelAreTheSequenceOfTheirGradientsAppliedOnTheHost() {
    LevelOptimizer optimizer = new LevelOptimizer(ADAM, new GlobalNormClipping(MAX_NORM));
    BilevelIteration iteration = new BilevelIteration(new Exact(), 2, 2, optimizer, optimizer);
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At start = TinyProblem.awayFromTheStart(session.problem(), XI);
      HostIteration host =
          new HostIteration(
              new SessionGradients(session),
              ADAM,
              MAX_NORM,
              session.problem(),
              start.lower(),
              start.upper());
      try (BuiltIteration built =
          new BuiltIteration(iteration, tiny::build, start.lower(), start.upper(), RATES)) {
        for (int i = 0; i < 2; i++) {
          built.run();
          host.run(2, 2, RATES[0], RATES[1]);
        }
        assertMoved(start.lower(), host.lower(), built.lower());
        assertMoved(start.upper(), host.upper(), built.upper());
      }
    }
  }

  @Test
  void theReportedLossesAreTheMeansOfTheTasksAtTheValuesOfEachStep() {
    LevelOptimizer frozen = new LevelOptimizer(AdamW.DEFAULT, new GlobalNormClipping(0));
    BilevelIteration iteration = new BilevelIteration(new FirstOrder(), 2, 2, frozen, frozen);
    try (ProblemSession session = tiny.open()) {
      ProblemSession.At at = TinyProblem.awayFromTheStart(session.problem(), 0);
      ProblemSession.At second = new ProblemSession.At(at.lower(), at.upper(), 0, at.lower(), 1, 1);
      try (BuiltIteration built =
          new BuiltIteration(
              iteration, tiny::build, at.lower(), at.upper(), new float[] {0, 0, 0})) {
        built.run();
        assertEquals(
            (session.lowerTaskLoss(at) + session.lowerTaskLoss(second)) / 2,
            built.losses()[0],
            1e-6);
        assertEquals(
            (session.upperTaskLoss(at) + session.upperTaskLoss(second)) / 2,
            built.losses()[1],
            1e-6);
      }
    }
  }

  /** The difference is far below the distance travelled. */
  private static void assertMoved(float[] start, double[] expected, float[] actual) {
    double[] travelled = expected.clone();
    float[] difference = new float[start.length];
    for (int i = 0; i < start.length; i++) {
      travelled[i] -= start[i];
      difference[i] = (float) (actual[i] - expected[i] + travelled[i]);
    }
    assertTrue(Arrays.stream(travelled).anyMatch(step -> Math.abs(step) > 0.01));
    assertEquals(0, Differences.relativeError(travelled, difference), 1e-3);
  }

  private record SessionGradients(ProblemSession session) implements HostIteration.Gradients {
    @Override
    public double[] lower(int batch, double[] v, double[] e) {
      return Differences.doubles(
          session.lowerGradient(
              new ProblemSession.At(floats(v), floats(e), XI, floats(v), batch, 0)));
    }

    @Override
    public double[] lowerPenalty(int batch, double[] v, double[] e) {
      return Differences.doubles(
          session.lowerPenaltyGradient(
              new ProblemSession.At(floats(v), floats(e), XI, floats(v), batch, 0)));
    }

    @Override
    public double[] upper(
        int lowerBatch, int upperBatch, double[] v, double[] e, double[] updated) {
      return Differences.doubles(
          session.hypergradient(
              new Exact(),
              new ProblemSession.At(
                  floats(v), floats(e), XI, floats(updated), lowerBatch, upperBatch)));
    }

    private static float[] floats(double[] values) {
      float[] copy = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        copy[i] = (float) values[i];
      }
      return copy;
    }
  }
}
