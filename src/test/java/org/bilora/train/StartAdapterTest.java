package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.adapter.LowRankValues;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiDora;
import org.bilora.method.Dora;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.Lora;
import org.bilora.method.LoraStart;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.step.FineTuning;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StartAdapterTest {
  private static final PretrainedEncoder MODEL = TinyRuns.model();
  private static final int RANK = 2;
  private static final double SCALE = 1.5;

  @TempDir Path folder;

  private static float[] normal(Random random, int size, double deviation) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private static Map<String, LowRankValues> increments(boolean magnitudes, double... lambda) {
    Random random = new Random(7);
    Map<String, LowRankValues> increments = new HashMap<>();
    for (String layer : TargetModules.match(MODEL, List.of("query", "value"))) {
      int out = (int) MODEL.linearLayers().get(layer)[0];
      int in = (int) MODEL.linearLayers().get(layer)[1];
      LowRankValues values =
          new LowRankValues(
              normal(random, out * RANK, 0.3),
              normal(random, RANK * in, 0.3),
              new double[] {SCALE * lambda[0], SCALE * lambda[1]});
      float[] lengths = LowRankValues.rowLengths(MODEL.linearWeight(layer), out);
      for (int o = 0; o < out; o++) {
        lengths[o] *= 1 + (float) (0.3 * random.nextDouble());
      }
      increments.put(layer, magnitudes ? values.withMagnitude(lengths) : values);
    }
    return increments;
  }

  private static Map<String, HostTensor> head() {
    Random random = new Random(8);
    int hidden = MODEL.hiddenSize();
    int outputs = TinyRuns.DATA.task().outputs();
    return Map.of(
        "classifier.weight", HostTensor.of(normal(random, outputs * hidden, 0.5), outputs, hidden),
        "classifier.bias", HostTensor.of(normal(random, outputs, 0.5), outputs));
  }

  private static StartAdapter adapter(
      Map<String, LowRankValues> increments, Map<String, HostTensor> head, List<String> labels) {
    return new StartAdapter(
        new RunRecord.Adapter("given", "1234", "5678"),
        Lora.USUAL,
        new AdapterSettings(RANK, RANK * SCALE, List.of("query", "value")),
        increments,
        head,
        labels);
  }

  private static StartAdapter adapter(boolean magnitudes) {
    return adapter(increments(magnitudes, 1, 1), head(), List.of());
  }

  private static TrainingSettings settings(Method method, int rank) {
    return TinyRuns.settings(method)
        .withAdapter(new AdapterSettings(rank, 5, List.of("query", "value")));
  }

  private static FineTuning open(StartAdapter adapter, TrainingSettings settings) {
    RunInputs inputs = new RunInputs.OfEncoder(MODEL, TinyRuns.DATA, Optional.of(adapter));
    return inputs.open(settings, inputs.data(settings), Optional.empty(), Companions.NONE);
  }

  private static Batch batch() {
    return EvaluationBatches.of(
            EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(), 8)
        .get(0);
  }

  /** What the merged weights answer with the adapter's head. */
  private static float[][] expected(StartAdapter adapter) {
    PretrainedEncoder merged =
        MODEL.with(
            MODEL.mergedWeights(adapter.increments(), adapter.head()), MODEL.config().id2label());
    RunInputs inputs = new RunInputs.OfEncoder(merged, TinyRuns.DATA);
    TrainingSettings settings = TinyRuns.settings(HeadOnly.USUAL);
    try (FineTuning plain =
        inputs.open(settings, inputs.data(settings), Optional.empty(), Companions.NONE)) {
      return plain.logits(batch());
    }
  }

  private static void requireSame(StartAdapter adapter, TrainingSettings settings) {
    float[][] expected = expected(adapter);
    try (FineTuning started = open(adapter, settings)) {
      float[][] logits = started.logits(batch());
      for (int row = 0; row < expected.length; row++) {
        assertArrayEquals(expected[row], logits[row], 1e-5f, settings.method().variant());
      }
    }
  }

  private static String refused(StartAdapter adapter, TrainingSettings settings) {
    return assertThrows(IllegalArgumentException.class, () -> open(adapter, settings).close())
        .getMessage();
  }

  static Stream<Method> methods() {
    return Methods.all().values().stream();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyMethodStartsFromTheGivenFunctionOrRefusesByName(Method method) {
    boolean holdsMagnitudes = List.of(Dora.NAME, BiDora.NAME).contains(method.name());
    if (List.of(FullFineTuning.NAME, HeadOnly.NAME).contains(method.name())) {
      assertTrue(
          refused(adapter(false), settings(method, 2))
              .contains("method %s trains no increments".formatted(method.name())));
      return;
    }
    requireSame(adapter(increments(false, -0.5, 2), head(), List.of()), settings(method, RANK + 1));
    if (holdsMagnitudes) {
      requireSame(adapter(true), settings(method, RANK));
    } else {
      assertTrue(
          refused(adapter(true), settings(method, RANK)).contains("has magnitudes"), method.name());
    }
  }

  @Test
  void aRankThatIsTooLowAnotherTargetAndPissaAreRefusedByName() {
    TrainingSettings lora = settings(Lora.USUAL, RANK);
    assertTrue(
        refused(adapter(false), settings(Lora.USUAL, 1))
            .contains("query has the rank 2, which does not fit into the rank 1"));
    assertTrue(
        refused(
                adapter(false),
                lora.withAdapter(new AdapterSettings(RANK, 5, List.of("key", "value"))))
            .contains("query, which gets no increment with these targets"));
    Method pissa =
        new Lora(0, Optional.empty(), Optional.of(LoraStart.PISSA), OptionalDouble.empty());
    assertTrue(refused(adapter(false), settings(pissa, RANK)).contains("(pissa)"));
  }

  @Test
  void layersThatTheAdapterLeavesAloneStartFromNothing() {
    TrainingSettings more =
        settings(Lora.USUAL, RANK)
            .withAdapter(new AdapterSettings(RANK, 5, List.of("query", "key", "value")));
    requireSame(adapter(false), more);
  }

  @Test
  void anAdapterWithoutAHeadGetsANewOneAndSaysWhichKeysWereLookedFor() {
    StartAdapter headless = adapter(increments(false, 1, 1), Map.of(), List.of());
    RunInputs inputs = new RunInputs.OfEncoder(MODEL, TinyRuns.DATA, Optional.of(headless));
    String note = inputs.headNote().orElseThrow();
    assertTrue(
        note.contains(
            "base_model.model.classifier.bias, base_model.model.classifier.weight): a new one"),
        note);
    String refused =
        assertThrows(
                IllegalArgumentException.class,
                () -> TrainedRun.of(MODEL, headless, TinyRuns.DATA.task()))
            .getMessage();
    assertTrue(
        refused.contains("would answer at random: looked for base_model.model.classifier.bias, "),
        refused);
    StartAdapter half =
        adapter(
            increments(false, 1, 1),
            Map.of("classifier.weight", head().get("classifier.weight")),
            List.of());
    RunInputs partly = new RunInputs.OfEncoder(MODEL, TinyRuns.DATA, Optional.of(half));
    String wrong = assertThrows(IllegalArgumentException.class, partly::headNote).getMessage();
    assertTrue(wrong.contains("looked for base_model.model.classifier.bias;"), wrong);
  }

  @Test
  void rowsOfAHeadFollowTheNamesOfTheClasses() {
    List<String> labels = TinyRuns.DATA.task().labels();
    List<String> turned = List.of(labels.get(1), labels.get(0));
    StartAdapter adapter = adapter(increments(false, 1, 1), head(), turned);
    float[][] straight = expected(adapter(false));
    try (FineTuning started = open(adapter, settings(Lora.USUAL, RANK))) {
      float[][] logits = started.logits(batch());
      for (int row = 0; row < logits.length; row++) {
        assertArrayEquals(new float[] {straight[row][1], straight[row][0]}, logits[row], 1e-5f);
      }
    }
  }

  @Test
  void weightsThatStayFrozenAreRefused() {
    Map<String, HostTensor> head = new HashMap<>(head());
    int hidden = MODEL.hiddenSize();
    head.put("pooler.dense.weight", HostTensor.of(new float[hidden * hidden], hidden, hidden));
    String said =
        refused(adapter(increments(false, 1, 1), head, List.of()), settings(Lora.USUAL, RANK));
    assertTrue(said.contains("pooler.dense.weight, which stays as the base has it"), said);
  }

  @Test
  void aRunRemembersItsAdapterAndGoesOnWithThatOneAlone() throws IOException {
    TrainingSettings settings = settings(Lora.USUAL, RANK);
    Path run = folder.resolve("run");
    RunRecord record = TinyRuns.trainer(run, settings).startingFrom(adapter(false)).train();
    assertEquals("1234", record.model().adapter().orElseThrow().sha256());
    assertEquals(record, RunRecord.read(run));
    RunRecord plain = TinyRuns.trainer(folder.resolve("plain"), settings).train();
    assertNotEquals(plain.trainedSha256(), record.trainedSha256());
    assertTrue(
        assertThrows(IOException.class, () -> TinyRuns.trainer(run, settings).resume())
            .getMessage()
            .contains("adapter"));
  }
}
