package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import org.bilora.data.Batch;
import org.bilora.step.StepBatches;
import org.junit.jupiter.api.Test;

/** What of a training is padding, and batches that hold a number of tokens. */
class PaddingTest {
  private static final RunInputs INPUTS = new RunInputs.OfEncoder(TinyRuns.model(), TinyRuns.DATA);

  @Test
  void theShareOfPaddingIsThatOfTheBatches() {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    TrainingPlan plan = INPUTS.data(settings).plan();
    int padding = 0;
    int computed = 0;
    for (StepBatches step : plan.epoch(0)) {
      Batch batch = step.lower().get(0);
      for (int i = 0; i < batch.rows() * batch.length(); i++) {
        boolean token = batch.attentionMask()[i] == 1 && batch.rowWeights()[i / batch.length()] > 0;
        padding += token ? 0 : 1;
        computed++;
      }
    }
    assertTrue(padding > 0);
    assertEquals((double) padding / computed, plan.paddedShare(), 1e-12);
  }

  @Test
  void batchesOfAnEncoderMayHoldANumberOfTokens() {
    TrainingSettings settings =
        TrainingSettingsBuilder.builder(TinyRuns.settings(TinyRuns.LORA))
            .batchTokens(OptionalInt.of(40))
            .build();
    TrainingPlan plan = INPUTS.data(settings).plan();
    for (StepBatches step : plan.epoch(0)) {
      Batch batch = step.lower().get(0);
      assertEquals(40 / batch.length(), batch.rows());
    }
  }
}
