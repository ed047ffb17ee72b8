package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.method.ExampleWeight;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;

/** Weights of D1's examples in a training step. */
class ExampleWeightTest {
  private static final String WEIGHTS = "upper/example_weights";
  private static final int ROWS = 6;
  private static final List<EncodedExample> TRAIN =
      EncodedSet.of(TinyRuns.model().tokenizer(), TinyRuns.DATA.split(Dataset.TRAIN), 16)
          .examples();

  /** Rows 1 and 4 of the batch are these examples of D1. */
  private static final int[] WITHOUT_WEIGHT = {9, 30};

  @Test
  void anExampleWithoutWeightMovesNothing() {
    try (FineTuning weighed = open();
        FineTuning without = open()) {
      Map<String, HostTensor> state = new HashMap<>(weighed.state());
      float[] raw = state.get(WEIGHTS).values().clone();
      assertEquals(TRAIN.size(), raw.length);
      for (int example : WITHOUT_WEIGHT) {
        raw[example] = -60;
      }
      state.put(WEIGHTS, HostTensor.of(raw, raw.length));
      weighed.restore(state);

      Batch batch = Batch.of(TRAIN.subList(0, ROWS), ROWS, 8);
      batch.indices()[1] = WITHOUT_WEIGHT[0];
      batch.indices()[4] = WITHOUT_WEIGHT[1];
      Batch padded = Batch.of(TRAIN.subList(0, ROWS), ROWS, 8);
      for (int row : new int[] {1, 4}) {
        padded.rowWeights()[row] = 0;
        padded.indices()[row] = -1;
      }
      step(weighed, batch);
      step(without, padded);
      weighed
          .trained()
          .forEach(
              (name, value) -> {
                if (!name.equals(WEIGHTS)) {
                  assertArrayEquals(
                      without.trained().get(name).values(), value.values(), 1e-6f, name);
                }
              });
    }
  }

  @Test
  void theStepMovesTheWeightsOfTheExamplesItMet() {
    try (FineTuning tuning = open()) {
      step(tuning, Batch.of(TRAIN.subList(10, 10 + ROWS), ROWS, 8));
      float[] raw = tuning.trained().get(WEIGHTS).values();
      for (int i = 0; i < raw.length; i++) {
        assertEquals(i >= 10 && i < 10 + ROWS, raw[i] != 0, "example " + i);
      }
      assertFalse(Arrays.equals(raw, new float[raw.length]));
    }
  }

  @Test
  void itHasToKnowHowManyExamplesThereAre() {
    assertEquals(
        "method is 'example-weight', which has to know how many examples D1 has: set lowerExamples",
        assertThrows(
                IllegalArgumentException.class,
                () -> open(TinyRuns.settings(ExampleWeight.USUAL).step()))
            .getMessage());
  }

  private static void step(FineTuning tuning, Batch lower) {
    Batch upper = Batch.of(TRAIN.subList(20, 20 + ROWS), ROWS, 8);
    tuning.step(
        new StepBatches(ExampleWeight.USUAL.phases().get(0).kind(), List.of(lower), List.of(upper)),
        new StepRates(0, 0.01f, 0.01f, 0.01f));
  }

  private static FineTuning open() {
    return open(TinyRuns.settings(ExampleWeight.USUAL).step().withLowerExamples(TRAIN.size()));
  }

  private static FineTuning open(StepSettings settings) {
    PretrainedEncoder model = TinyRuns.model();
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs()),
        TargetModules.match(model.config(), settings.adapter().targets()),
        settings);
  }
}
