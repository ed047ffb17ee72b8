package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.LowRankValues;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Lora;
import org.bilora.method.LoraStart;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.RankScale;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.AdaptedModules;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA+, rsLoRA, PiSSA, ranks and alphas by pattern, and all linear layers by one word. */
class LoraVariantsTest {
  private static final PretrainedEncoder MODEL = TinyRuns.model();
  private static final AdapterSettings ADAPTER =
      new AdapterSettings(2, 4, List.of("query", "value"));
  private static final OptimizerSettings WITHOUT_DECAY =
      new OptimizerSettings(0.01, 0, 0.9, 0.999, 1e-8, 0, 0);
  private static final String QUERY = "encoder.layer.0.attention.self.query";
  private static final String VALUE = "encoder.layer.0.attention.self.value";

  @TempDir Path folder;

  @AfterAll
  static void close() {
    MODEL.close();
  }

  private static Lora lora(RankScale scale, LoraStart start, double leftRate) {
    return new Lora(0, Optional.of(scale), Optional.of(start), OptionalDouble.of(leftRate));
  }

  private static FineTuning open(Method method, AdapterSettings adapter) {
    TrainingSettings settings = TinyRuns.settings(method, WITHOUT_DECAY, 0).withAdapter(adapter);
    return FineTuning.open(
        MODEL,
        new EncoderHead(MODEL.config(), MODEL.pooling(), 2),
        AdaptedModules.of(MODEL, adapter),
        settings.step());
  }

  private static Batch batch() {
    return EvaluationBatches.of(
            EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(), 8)
        .get(0);
  }

  /** The trained values after some steps. */
  private static Map<String, HostTensor> trained(
      Method method, AdapterSettings adapter, int steps) {
    try (FineTuning fineTuning = open(method, adapter)) {
      for (int step = 0; step < steps; step++) {
        fineTuning.step(StepBatches.moveLower(batch()), new StepRates(step, 0.01f, 0, 0));
      }
      return fineTuning.trained();
    }
  }

  private static float[] values(Map<String, HostTensor> trained, String name) {
    return trained.get("lower/" + name).values();
  }

  @Test
  void loraPlusMovesBByAMultipleOfTheRateAndAByTheRate() {
    Map<String, HostTensor> plain = trained(Lora.USUAL, ADAPTER, 1);
    Map<String, HostTensor> plus = trained(lora(RankScale.RANK, LoraStart.ZERO, 4), ADAPTER, 1);
    float[] moved = values(plain, VALUE + ".B");
    float[] further = values(plus, VALUE + ".B");
    double size = 0;
    for (int i = 0; i < moved.length; i++) {
      assertEquals(4 * moved[i], further[i], 1e-6);
      size += Math.abs(moved[i]);
    }
    assertTrue(size > 0);
    assertArrayEquals(values(plain, VALUE + ".A"), values(plus, VALUE + ".A"));
    assertArrayEquals(values(plain, "classifier.bias"), values(plus, "classifier.bias"));
  }

  @Test
  void theScaleIsAlphaOverTheRankOrItsRoot() {
    Map<String, HostTensor> values = trained(Lora.USUAL, ADAPTER, 0);
    for (RankScale scale : RankScale.values()) {
      Lora method = lora(scale, LoraStart.ZERO, 1);
      LowRankValues change = TrainedValues.of(method, ADAPTER, values).increments().get(QUERY);
      assertEquals(scale == RankScale.RANK ? 2 : 4 / Math.sqrt(2), change.gains()[0], 1e-12);
    }
  }

  @Test
  void pissaStartsFromTheBestApproximationOfTheWeightAndChangesNothing() {
    Lora method = lora(RankScale.RANK, LoraStart.PISSA, 1);
    Map<String, HostTensor> start = trained(method, ADAPTER, 0);
    float[] weight = MODEL.weights().get(QUERY + ".weight").values();
    LowRankValues change = TrainedValues.of(method, ADAPTER, start).increments().get(QUERY);
    assertArrayEquals(weight, change.addedTo(weight), 1e-6f);
    // Of all of rank 2 the nearest: what is left is orthogonal to it, on both sides.
    float[] left = values(start, QUERY + ".B");
    float[] right = values(start, QUERY + ".A");
    int out = left.length / 2;
    int in = right.length / 2;
    double residual = 0;
    double principal = 0;
    double[][] product = new double[2][in];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        double near = 2 * (left[2 * o] * right[i] + left[2 * o + 1] * right[in + i]);
        double rest = weight[o * in + i] - near;
        residual += rest * rest;
        principal += near * near;
        product[0][i] += left[2 * o] * rest;
        product[1][i] += left[2 * o + 1] * rest;
      }
    }
    for (double[] row : product) {
      for (double value : row) {
        assertEquals(0, value, 1e-5);
      }
    }
    assertTrue(principal > residual * 2 / out, principal + " " + residual);
    try (FineTuning untouched = open(Lora.USUAL, ADAPTER);
        FineTuning fineTuning = open(method, ADAPTER)) {
      float[][] expected = untouched.logits(batch());
      float[][] logits = fineTuning.logits(batch());
      for (int row = 0; row < logits.length; row++) {
        assertArrayEquals(expected[row], logits[row], 1e-4f);
      }
      assertEquals(untouched.trainedParameters(), fineTuning.trainedParameters());
    }
  }

  @Test
  void whatPissaStartedFromStaysAndMergedWeightsComputeTheSame() {
    Lora method = lora(RankScale.RANK, LoraStart.PISSA, 1);
    Map<String, HostTensor> start = trained(method, ADAPTER, 0);
    Map<String, HostTensor> moved = trained(method, ADAPTER, 3);
    for (String held : List.of(".B0", ".A0")) {
      assertArrayEquals(values(start, VALUE + held), values(moved, VALUE + held));
    }
    LowRankValues change = TrainedValues.of(method, ADAPTER, moved).increments().get(VALUE);
    float[] b = values(moved, VALUE + ".B");
    float[] a = values(moved, VALUE + ".A");
    float[] b0 = values(moved, VALUE + ".B0");
    float[] a0 = values(moved, VALUE + ".A0");
    int in = a.length / 2;
    float[] merged = change.addedTo(new float[b.length / 2 * in]);
    double largest = 0;
    for (int o = 0; o < b.length / 2; o++) {
      for (int i = 0; i < in; i++) {
        double expected = 0;
        for (int k = 0; k < 2; k++) {
          expected += 2 * (b[2 * o + k] * a[k * in + i] - b0[2 * o + k] * a0[k * in + i]);
        }
        assertEquals(expected, merged[o * in + i], 1e-6);
        largest = Math.max(largest, Math.abs(expected));
      }
    }
    assertTrue(largest > 1e-3, "the layer has moved");
  }

  @Test
  void ranksAndAlphasFollowPatternsOnBothLevels() throws IOException {
    AdapterSettings pattern =
        new AdapterSettings(
            2,
            4,
            List.of("all-linear"),
            Optional.empty(),
            Map.of("value", 3, "encoder.layer.*.attention.self.key", 1),
            Map.of("output.dense", 8.0));
    TrainingSettings settings =
        TinyRuns.settings(TinyRuns.FIRST_ORDER, WITHOUT_DECAY, 4).withAdapter(pattern);
    new Trainer(TinyRuns.model(), TinyRuns.DATA, settings, folder.resolve("run"), TinyRuns.BY_EPOCH)
        .train();
    try (TrainedRun run = TrainedRun.open(folder.resolve("run"), name -> TinyRuns.model())) {
      assertEquals(pattern, run.settings().adapter());
      assertEquals(run.model().linearLayers().size(), run.modules().size());
      TrainedValues values = TrainedValues.of(run.settings().method(), pattern, run.trained());
      Map<String, LowRankValues> increments = values.increments();
      assertEquals(2, increments.get(QUERY).rank());
      assertEquals(3, increments.get(VALUE).rank());
      assertEquals(1, increments.get(QUERY.replace("query", "key")).rank());
      String output = QUERY.replace("self.query", "output.dense");
      assertEquals(values.lambdas().get(output)[0] * 4, increments.get(output).gains()[0], 1e-6);
      assertEquals(values.lambdas().get(QUERY)[0] * 2, increments.get(QUERY).gains()[0], 1e-6);
    }
  }

  @Test
  void aPatternOfNothingAndOneForAdaLoraAreRefused() {
    AdapterSettings nothing =
        new AdapterSettings(2, 4, List.of("query"), Optional.empty(), Map.of("value", 3), Map.of());
    String message =
        assertThrows(IllegalArgumentException.class, () -> open(Lora.USUAL, nothing)).getMessage();
    assertTrue(message.contains("the pattern 'value' matches no adapted layer"), message);
    AdapterSettings some =
        new AdapterSettings(2, 4, List.of("query"), Optional.empty(), Map.of("query", 3), Map.of());
    assertThrows(IllegalArgumentException.class, () -> open(AdaLora.USUAL, some));
  }
}
