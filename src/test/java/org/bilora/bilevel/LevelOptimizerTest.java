package org.bilora.bilevel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.bilora.optim.ReferenceAdamW;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.EagerSession;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class LevelOptimizerTest {
  private static final AdamW ADAM = new AdamW(0.8, 0.95, 1e-6, 0.1);
  private static final ParameterGroup GROUP =
      new ParameterGroup(
          "lower",
          List.of(
              new Parameter("weight", new long[] {2, 2}, new float[] {1, -2, 3, 0.5f}, true),
              new Parameter("bias", new long[] {2}, new float[] {0.3f, -0.7f}, false)));
  private static final boolean[] DECAYED = {true, true, true, true, false, false};

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 100})
  void manyUpdatesAreThoseOfThePlainLoop(double maxNorm) {
    ReferenceAdamW reference =
        new ReferenceAdamW(ADAM, maxNorm, DECAYED, Differences.doubles(GROUP.initial()));
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      LevelOptimizer optimizer = new LevelOptimizer(ADAM, new GlobalNormClipping(maxNorm));
      LevelState state = start(tf);
      Random random = new Random(4);
      for (int step = 0; step < 20; step++) {
        // As a schedule has it: the rate changes from step to step.
        float learningRate = 0.1f * (20 - step) / 20;
        float[] gradient = new float[GROUP.size()];
        double squares = 0;
        for (int i = 0; i < gradient.length; i++) {
          gradient[i] = (float) random.nextGaussian();
          squares += gradient[i] * gradient[i];
        }
        LevelOptimizer.Update update =
            optimizer.update(
                tf,
                GROUP,
                state,
                LevelGradient.of(tf.constant(gradient)),
                tf.constant(learningRate));
        state = update.state();
        reference.update(Differences.doubles(gradient), learningRate);
        assertEquals(Math.sqrt(squares), update.gradientNorm().asTensor().getFloat(), 1e-5);
        assertClose(reference.values(), state.adam().values().asTensor());
        assertClose(reference.firstMoments(), state.adam().firstMoment().asTensor());
        assertClose(reference.secondMoments(), state.adam().secondMoment().asTensor());
        assertEquals(step + 1, state.count().asTensor().getFloat());
      }
    }
  }

  @Test
  void aZeroGradientIsClippedToZeroAndLeavesAnUndecayedParameter() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      LevelState state = start(tf);
      TFloat32 values =
          new LevelOptimizer(ADAM, new GlobalNormClipping(1))
              .update(
                  tf,
                  GROUP,
                  state,
                  LevelGradient.of(tf.constant(new float[GROUP.size()])),
                  tf.constant(0.5f))
              .state()
              .adam()
              .values()
              .asTensor();
      for (int i = 0; i < GROUP.size(); i++) {
        double kept = DECAYED[i] ? 1 - 0.5 * ADAM.weightDecay() : 1;
        assertEquals(kept * GROUP.initial()[i], values.getFloat(i), 1e-6);
      }
    }
  }

  @Test
  void aLargePenaltyTakesNothingOfTheTasksShare() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      LevelState state = start(tf);
      int size = GROUP.size();
      float[] whole = new float[size];
      float[] penalty = new float[size];
      // The task's part has the norm 4 in the first coordinate, the penalty's 300 in the last.
      whole[0] = 4;
      whole[size - 1] = 300;
      penalty[size - 1] = 300;
      LevelGradient gradient =
          new LevelGradient(tf.constant(whole), Optional.of(tf.constant(penalty)));
      LevelOptimizer.Update update =
          new LevelOptimizer(ADAM, new GlobalNormClipping(1))
              .update(tf, GROUP, state, gradient, tf.constant(0.5f));
      TFloat32 clipped = update.clipped().asOutput().asTensor();
      assertEquals(1, clipped.getFloat(0), 1e-6);
      assertEquals(1, clipped.getFloat(size - 1), 1e-6);
      assertEquals(4, update.gradientNorm().asTensor().getFloat(), 1e-5);
    }
  }

  private static LevelState start(Ops tf) {
    return new LevelState(
        new AdamW.State(
            tf.constant(GROUP.initial()),
            tf.constant(new float[GROUP.size()]),
            tf.constant(new float[GROUP.size()])),
        tf.constant(0f));
  }

  private static void assertClose(double[] expected, TFloat32 actual) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual.getFloat(i), 2e-6 * (1 + Math.abs(expected[i])));
    }
  }
}
