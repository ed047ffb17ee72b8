package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.data.Task;
import org.bilora.method.Lora;
import org.bilora.method.MetaWeight;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyDecoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.step.TaskLoss;
import org.bilora.step.TinySequences;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches that are computed in parts. */
class AccumulationTest {
  @TempDir private Path folder;

  private static final PretrainedEncoder MODEL = TinyRuns.model();
  private static final List<EncodedExample> EXAMPLES =
      EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples();

  /** Three of four rows, so that a part is half padding. */
  private static final Batch LOWER = Batch.of(EXAMPLES.subList(0, 3), 4, 16);

  private static final Batch UPPER = Batch.of(EXAMPLES.subList(3, 7), 4, 16);

  static Stream<Method> methods() {
    return Stream.of(
        new Lora(0.1), TinyRuns.bilora(new Exact(Unroll.STEADY)), TinyRuns.FIRST_ORDER);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aStepInPartsIsTheStepOfTheWholeBatchDropoutIncluded(Method method) throws Exception {
    try (FineTuning whole = open(method, 1);
        FineTuning inParts = open(method, 2)) {
      for (int step = 0; step < 3; step++) {
        StepResult expected = step(whole, method, step);
        StepResult found = step(inParts, method, step);
        assertClose(expected.lowerLoss(), found.lowerLoss());
        assertClose(expected.upperLoss(), found.upperLoss());
        assertClose(expected.lowerGradientNorm(), found.lowerGradientNorm());
        assertClose(expected.upperGradientNorm(), found.upperGradientNorm());
      }
      Map<String, HostTensor> found = inParts.trained();
      whole
          .trained()
          .forEach(
              (name, tensor) -> {
                float[] values = found.get(name).values();
                for (int i = 0; i < values.length; i++) {
                  assertEquals(tensor.values()[i], values[i], 1e-4, name);
                }
              });
    }
  }

  @Test
  void aRunInPartsGoesOnBitForBit() throws IOException {
    TrainingSettings settings = inParts(TinyRuns.settings(TinyRuns.LORA), 2);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path cut = folder.resolve("cut");
    assertEquals(RunRecord.Status.INTERRUPTED, TinyRuns.interrupted(cut, settings, 4).status());
    RunRecord resumed = TinyRuns.trainer(cut, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(OptionalInt.of(2), resumed.settings().execution().accumulate());
  }

  @Test
  void whatCannotBePartedIsRefused() throws IOException {
    try (FineTuning three = open(TinyRuns.LORA, 3)) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> step(three, TinyRuns.LORA, 0));
      assertEquals(
          "accumulate is 3, and a batch has 4 rows; it must divide them", refused.getMessage());
    }
    try (FineTuning weights = open(MetaWeight.USUAL, 2)) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> step(weights, MetaWeight.USUAL, 0));
      assertTrue(refused.getMessage().contains("is a matter of whole batches"));
    }
    TrainingSettings settings = TinySequences.settings(TinyRuns.LORA, 1, 24);
    RunInputs inputs = new RunInputs.OfDecoder(TinyDecoders.model(0, 3), TinySequences.DATA);
    TrainingSettings parted = inParts(settings, 2);
    try (FineTuning decoder =
        inputs.open(parted, inputs.data(parted), Optional.empty(), Companions.NONE)) {
      StepBatches batches = inputs.data(parted).plan().epoch(0).get(0);
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> decoder.prepare(batches));
      assertTrue(refused.getMessage().contains("a language model's batches cannot be parted"));
    }
  }

  private static TrainingSettings inParts(TrainingSettings settings, int parts) {
    return settings.withExecution(settings.execution().withAccumulate(parts));
  }

  /** With classes of different weights, smoothed. */
  private static FineTuning open(Method method, int parts) {
    TrainingSettings settings = TinyRuns.settings(method);
    Task task = TinyRuns.DATA.task();
    return FineTuning.open(
        MODEL,
        new EncoderHead(MODEL.config(), MODEL.pooling(), task.outputs()),
        TaskLoss.of(task, OptionalDouble.of(0.1), List.of(1.0, 3.0), OptionalDouble.empty()),
        AdaptedModules.of(MODEL, settings.adapter()),
        inParts(settings, parts).step(),
        Optional.empty(),
        Optional.empty());
  }

  private static StepResult step(FineTuning fineTuning, Method method, int step) {
    StepKind kind = method.phases().get(0).kind();
    return fineTuning.step(
        new StepBatches(
            kind, List.of(LOWER), kind.upperBatches() == 0 ? List.of() : List.of(UPPER)),
        new StepRates(step, 0.02f, 0.05f, 0.02f));
  }

  private static void assertClose(OptionalDouble expected, OptionalDouble found) {
    assertEquals(expected.isPresent(), found.isPresent());
    if (expected.isPresent()) {
      double value = expected.getAsDouble();
      assertEquals(value, found.getAsDouble(), 1e-5 * Math.max(1, Math.abs(value)));
    }
  }
}
