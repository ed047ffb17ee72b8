package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.method.ExampleWeight;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.HiddenKey;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.AdaptedModules;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs under HiddenKey. */
class HiddenKeyRunTest {
  @TempDir Path folder;

  private static TrainingSettings settings(Method method, double klWeight) {
    return TrainingSettingsBuilder.builder(TinyRuns.settings(method))
        .dropKey(OptionalDouble.of(0.3))
        .hiddenCut(OptionalDouble.of(0.2))
        .klWeight(OptionalDouble.of(klWeight))
        .build();
  }

  static Stream<Method> methods() {
    return Stream.of(TinyRuns.FIRST_ORDER, ExampleWeight.USUAL);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunGoesOnBitForBitAndIsEvaluatedWithoutDropout(Method method) throws IOException {
    TrainingSettings settings = settings(method, 0.5);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path cut = folder.resolve("cut");
    assertEquals(RunRecord.Status.INTERRUPTED, TinyRuns.interrupted(cut, settings, 4).status());
    RunRecord resumed = TinyRuns.trainer(cut, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(settings, RunRecord.read(cut).settings());
    try (TrainedRun run = TrainedRun.open(cut, name -> TinyRuns.model())) {
      assertEquals(
          whole.best().orElseThrow().value(),
          run.evaluate(TinyRuns.DATA, Dataset.DEV).metrics().get(whole.task().primaryMetric()));
    }
    assertTrue(Files.readString(cut.resolve("run.json")).contains("\"drop_key\" : 0.3"));
    String plain = RunJson.mapper().writeValueAsString(TinyRuns.settings(method));
    assertFalse(plain.contains("drop_key") || plain.contains("kl_weight"), plain);
  }

  @Test
  void aStepInPartsDropsTheSame() {
    try (FineTuning whole = open(settings(new Lora(0.1), 0).step());
        FineTuning parted = open(inParts(settings(new Lora(0.1), 0)).step())) {
      for (int step = 0; step < 3; step++) {
        double expected = step(whole, step);
        assertEquals(expected, step(parted, step), 1e-5 * Math.max(1, expected));
      }
    }
  }

  @Test
  void aSecondPassIsRefusedWhereThereCanBeNone() {
    StepSettings parted = inParts(settings(TinyRuns.LORA, 0.5)).step();
    assertEquals(
        "klWeight is 0.5, but accumulate is set, and a part of a batch is computed in one pass; leave it out",
        assertThrows(IllegalArgumentException.class, () -> open(parted)).getMessage());
    PretrainedEncoder model = TinyRuns.model();
    EncoderHead score = new EncoderHead(model.config(), model.pooling(), 1);
    StepSettings settings = settings(TinyRuns.LORA, 0.5).step();
    assertEquals(
        "klWeight is 0.5, but the task has scores or several labels, not one class of several; leave it out",
        assertThrows(
                IllegalArgumentException.class,
                () -> FineTuning.open(model, score, modules(model, settings), settings))
            .getMessage());
    assertEquals(
        HiddenKey.OFF,
        TinyRuns.settings(TinyRuns.LORA).step().hiddenKey(),
        "nothing unless it is asked for");
  }

  private static TrainingSettings inParts(TrainingSettings settings) {
    return settings.withExecution(settings.execution().withAccumulate(2));
  }

  private static List<String> modules(PretrainedEncoder model, StepSettings settings) {
    return AdaptedModules.of(model, settings.adapter());
  }

  private static FineTuning open(StepSettings settings) {
    PretrainedEncoder model = TinyRuns.model();
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), 2);
    return FineTuning.open(model, head, modules(model, settings), settings, Optional.empty());
  }

  private static double step(FineTuning fineTuning, int step) {
    PretrainedEncoder model = TinyRuns.model();
    List<EncodedExample> examples =
        EncodedSet.of(model.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples();
    Batch batch = Batch.of(examples.subList(0, 3), 4, 16);
    return fineTuning
        .step(StepBatches.moveLower(batch), new StepRates(step, 0.02f, 0, 0))
        .lowerGradientNorm()
        .orElseThrow();
  }
}
