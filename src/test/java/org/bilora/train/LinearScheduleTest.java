package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.FirstOrder;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.OptimizerSettings;
import org.bilora.step.StepRates;
import org.junit.jupiter.api.Test;

class LinearScheduleTest {
  @Test
  void theRateRisesToThePeakAndFallsToZero() {
    LinearSchedule schedule = new LinearSchedule(0.8, 2, 6);
    double[] expected = {0.4, 0.8, 0.8, 0.6, 0.4, 0.2, 0, 0};
    for (int step = 0; step < expected.length; step++) {
      assertEquals(expected[step], schedule.at(step), 1e-12, "step " + step);
    }
  }

  @Test
  void withoutWarmUpTheFirstStepHasThePeak() {
    LinearSchedule schedule = new LinearSchedule(0.5, 0, 5);
    for (int step = 0; step < 5; step++) {
      assertEquals(0.5 * (5 - step) / 5, schedule.at(step), 1e-12, "step " + step);
    }
  }

  @Test
  void aWarmUpRatioNeverTakesAllSteps() {
    assertEquals(new LinearSchedule(1, 6, 100), LinearSchedule.withWarmupRatio(1, 0.06, 100));
    assertEquals(new LinearSchedule(1, 0, 1), LinearSchedule.withWarmupRatio(1, 0.9, 1));
    assertThrows(IllegalArgumentException.class, () -> new LinearSchedule(1, 3, 3));
  }

  @Test
  void bothLevelsFollowTheScheduleWithTheirOwnPeakAndXiIsTheLowerRateUnlessSet() {
    for (OptionalDouble xi : List.of(OptionalDouble.empty(), OptionalDouble.of(0.3))) {
      BiLora method =
          BiLoraBuilder.builder()
              .lambda(Lambda.REAL)
              .hypergradient(new FirstOrder())
              .lowerSteps(1)
              .upperSteps(1)
              .upperLearningRate(0.02)
              .gamma1(0)
              .gamma2(0)
              .lowerFraction(0.8)
              .xi(xi)
              .build();
      OptimizerSettings optimizer = new OptimizerSettings(0.1, 0.01, 0.9, 0.999, 1e-8, 0.2, 1);
      TrainingSettings settings = TinyRuns.settings(method, optimizer, 10);
      StepSchedule schedule =
          new StepSchedule(
              settings, TrainingData.of(TinyRuns.model(), TinyRuns.DATA, settings).plan());
      for (int step = 0; step < 10; step++) {
        double share = step < 2 ? (step + 1) / 2.0 : (10 - step) / 8.0;
        StepRates rates = schedule.rates(step);
        assertEquals(step, rates.step());
        assertEquals(0.1 * share, rates.lowerLearningRate(), 1e-7);
        assertEquals(0.02 * share, rates.upperLearningRate(), 1e-7);
        assertEquals(xi.orElse(0.1 * share), rates.xi(), 1e-7);
      }
    }
  }
}
