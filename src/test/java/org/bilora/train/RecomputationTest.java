package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.method.AdapterSettings;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.Albert;
import org.bilora.model.DebertaV2;
import org.bilora.model.EncoderHead;
import org.bilora.model.ModernBert;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyDecoders;
import org.bilora.model.TinyEncoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.step.TinySequences;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps whose activations are computed again instead of being kept, dropout included. */
class RecomputationTest {
  /** A large ε: where a moment is near 0, a small one turns rounding into whole steps. */
  private static final OptimizerSettings OPTIMIZER =
      new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-2, 0.1, 1);

  private static final PretrainedEncoder MODEL = TinyRuns.model();

  @TempDir private Path folder;

  static Stream<Method> methods() {
    return Stream.of(new Lora(0.1), JointTraining.USUAL, TinyRuns.bilora(new Exact(Unroll.STEADY)));
  }

  static Stream<PretrainedEncoder> kinds() {
    return TinyEncoders.otherKinds(0.1, 5).stream()
        .filter(
            model ->
                model.config().kind() instanceof Albert
                    || model.config().kind() instanceof ModernBert
                    || model.config().kind() instanceof DebertaV2 deberta
                        && deberta.convolution().isPresent());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void stepsOfAnEncoderAreThoseThatKeepActivations(Method method) {
    assertSameSteps(MODEL, method, TinyRuns.settings(method, OPTIMIZER, 0), 3);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void soTheyAreOfEveryKindThatBuildsItsLayersItself(PretrainedEncoder model) {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA, OPTIMIZER, 0);
    assertSameSteps(
        model,
        TinyRuns.LORA,
        TrainingSettingsBuilder.builder(settings)
            .adapter(new AdapterSettings(2, 4, List.of("all-linear")))
            .build(),
        1);
  }

  @Test
  void underXlaItIsRefused() {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    ExecutionSettings compiled =
        new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.ON);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> open(MODEL, recomputed(settings.withExecution(compiled))).close());
    assertEquals(
        "recompute is on, but a step that XLA compiles takes as much memory with it as without; leave it out, or set jit to off",
        refused.getMessage());
  }

  @Test
  void partsOfABatchComputeAgainToo() {
    TrainingSettings settings = TinyRuns.settings(new Lora(0.1), OPTIMIZER, 0);
    assertSameSteps(
        MODEL,
        settings.method(),
        settings.withExecution(settings.execution().withAccumulate(2)),
        2);
  }

  @Test
  void stepsOfADecoderAreThoseThatKeepActivations() throws IOException {
    TrainingSettings settings = TinySequences.settings(TinyRuns.bilora(new Exact()), 1, 24);
    RunInputs inputs = new RunInputs.OfDecoder(TinyDecoders.model(0.1, 3), TinySequences.DATA);
    TrainingSettings again = recomputed(settings);
    StepBatches batches = inputs.data(settings).plan().epoch(0).get(0);
    try (FineTuning keeping =
            inputs.open(settings, inputs.data(settings), Optional.empty(), Companions.NONE);
        FineTuning computing =
            inputs.open(again, inputs.data(again), Optional.empty(), Companions.NONE)) {
      for (int step = 0; step < 3; step++) {
        StepRates rates = new StepRates(step, 0.02f, 0.05f, 0.02f);
        assertClose(keeping.step(batches, rates), computing.step(batches, rates));
      }
    }
  }

  @Test
  void aRunSaysThatItComputedAgainAndGoesOnBitForBit() throws IOException {
    TrainingSettings settings = recomputed(TinyRuns.settings(TinyRuns.LORA));
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path cut = folder.resolve("cut");
    assertEquals(RunRecord.Status.INTERRUPTED, TinyRuns.interrupted(cut, settings, 4).status());
    RunRecord resumed = TinyRuns.trainer(cut, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(Optional.of(true), resumed.settings().execution().recompute());
  }

  private static TrainingSettings recomputed(TrainingSettings settings) {
    return settings.withExecution(settings.execution().withRecompute(true));
  }

  private static void assertSameSteps(
      PretrainedEncoder model, Method method, TrainingSettings settings, int steps) {
    List<EncodedExample> examples =
        EncodedSet.of(model.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples();
    StepKind kind = method.phases().get(0).kind();
    StepBatches batches =
        new StepBatches(
            kind,
            List.of(Batch.of(examples.subList(0, 3), 4, 16)),
            kind.upperBatches() == 0
                ? List.of()
                : List.of(Batch.of(examples.subList(3, 7), 4, 16)));
    try (FineTuning keeping = open(model, settings);
        FineTuning computing = open(model, recomputed(settings))) {
      for (int step = 0; step < steps; step++) {
        StepRates rates = new StepRates(step, 0.02f, 0.05f, 0.02f);
        assertClose(keeping.step(batches, rates), computing.step(batches, rates));
      }
      Map<String, HostTensor> found = computing.trained();
      keeping
          .trained()
          .forEach(
              (name, tensor) -> {
                float[] values = found.get(name).values();
                for (int i = 0; i < values.length; i++) {
                  assertEquals(tensor.values()[i], values[i], 1e-6, name);
                }
              });
    }
  }

  private static FineTuning open(PretrainedEncoder model, TrainingSettings settings) {
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs()),
        AdaptedModules.of(model, settings.adapter()),
        settings.step());
  }

  private static void assertClose(StepResult expected, StepResult found) {
    assertClose(expected.lowerLoss(), found.lowerLoss());
    assertClose(expected.upperLoss(), found.upperLoss());
    assertClose(expected.lowerGradientNorm(), found.lowerGradientNorm());
    assertClose(expected.upperGradientNorm(), found.upperGradientNorm());
  }

  private static void assertClose(OptionalDouble expected, OptionalDouble found) {
    assertEquals(expected.isPresent(), found.isPresent());
    if (expected.isPresent()) {
      double value = expected.getAsDouble();
      assertEquals(value, found.getAsDouble(), 1e-6 * Math.max(1, Math.abs(value)));
    }
  }
}
