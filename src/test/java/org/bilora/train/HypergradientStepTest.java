package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.Neumann;
import org.bilora.bilevel.Penalty;
import org.bilora.bilevel.Soba;
import org.bilora.bilevel.StateSlot;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.AdapterSettings;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.NetworkFineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every hypergradient as a training step of a tiny encoder, and in files. */
class HypergradientStepTest {
  private static final PretrainedEncoder MODEL = TinyRuns.model();
  private static final List<Batch> BATCHES =
      EvaluationBatches.of(
          EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(), 8);

  static Stream<Hypergradient> estimators() {
    return Stream.concat(
        Hypergradients.usual().stream(), Stream.of(new Exact(Unroll.STEADY), new Penalty(3)));
  }

  static Stream<Hypergradient> withState() {
    return Hypergradients.usual().stream().filter(usual -> !usual.slots().isEmpty());
  }

  /** Kinds of graphs that no other test has XLA compile; the first has AdamW's diagonal in it. */
  static Stream<Hypergradient> compiled() {
    return Stream.of(new Neumann(1, Unroll.ADAMW), new Soba(0.1, 0.01), new Penalty(10));
  }

  @ParameterizedTest
  @MethodSource("withState")
  void aStepGoesOnBitForBitFromASavedState(Hypergradient hypergradient) throws Exception {
    Map<String, HostTensor> saved;
    String after;
    try (FineTuning fineTuning = open(hypergradient, false)) {
      steps(fineTuning, hypergradient, 0, 2);
      saved = fineTuning.state();
      for (StateSlot slot : hypergradient.slots()) {
        String name =
            saved.keySet().stream()
                .filter(tensor -> tensor.endsWith(slot.suffix()))
                .findFirst()
                .orElseThrow();
        assertTrue(anyNonZero(saved.get(name)), name);
        Map<String, HostTensor> without = new HashMap<>(saved);
        without.remove(name);
        assertThrows(IllegalArgumentException.class, () -> fineTuning.restore(without));
      }
      StepResult.Terms terms = steps(fineTuning, hypergradient, 2, 1).terms().orElseThrow();
      assertTrue(terms.ratio() > 0, terms.toString());
      assertTrue(Math.abs(terms.cosine()) <= 1.0001, terms.toString());
      after = NetworkFineTuning.sha256(fineTuning.state());
    }
    try (FineTuning resumed = open(hypergradient, false)) {
      resumed.restore(saved);
      steps(resumed, hypergradient, 2, 1);
      assertEquals(after, NetworkFineTuning.sha256(resumed.state()));
    }
  }

  @ParameterizedTest
  @MethodSource("compiled")
  void compiledByXlaInBfloat16ItIsTheSameButForRounding(Hypergradient hypergradient)
      throws Exception {
    StepResult plain;
    try (FineTuning fineTuning = open(hypergradient, false)) {
      plain = steps(fineTuning, hypergradient, 0, 3);
    }
    try (FineTuning fineTuning = open(hypergradient, true)) {
      StepResult rounded = steps(fineTuning, hypergradient, 0, 3);
      assertEquals(1, rounded.lowerLoss().orElseThrow() / plain.lowerLoss().orElseThrow(), 0.02);
      assertEquals(1, rounded.upperLoss().orElseThrow() / plain.upperLoss().orElseThrow(), 0.02);
      assertEquals(
          1,
          rounded.lowerGradientNorm().orElseThrow() / plain.lowerGradientNorm().orElseThrow(),
          0.1);
      assertEquals(
          1,
          rounded.upperGradientNorm().orElseThrow() / plain.upperGradientNorm().orElseThrow(),
          0.1);
      assertEquals(
          1, rounded.terms().orElseThrow().ratio() / plain.terms().orElseThrow().ratio(), 0.2);
    }
  }

  @ParameterizedTest
  @MethodSource("estimators")
  void filesHoldItWithItsKnobs(Hypergradient hypergradient) throws IOException {
    byte[] json = RunJson.write(hypergradient);
    assertEquals(hypergradient, RunJson.read(Path.of("file"), json, Hypergradient.class));
  }

  @Test
  void anExactOneOfAnOlderFileIsThroughGradientDescent() throws IOException {
    byte[] json = "{\"name\": \"exact\"}".getBytes(StandardCharsets.UTF_8);
    assertEquals(new Exact(Unroll.SGD), RunJson.read(Path.of("file"), json, Hypergradient.class));
  }

  private static StepResult steps(
      FineTuning fineTuning, Hypergradient hypergradient, int first, int count) {
    StepResult last = null;
    for (int step = first; step < first + count; step++) {
      last =
          fineTuning.step(
              new StepBatches(
                  new StepKind.Bilevel(hypergradient, 1, 1, OptionalDouble.empty()),
                  List.of(BATCHES.get(0)),
                  List.of(BATCHES.get(1))),
              new StepRates(step, 0.02f, 0.05f, 0.02f));
    }
    return last;
  }

  private static FineTuning open(Hypergradient hypergradient, boolean fast) {
    TrainingSettings settings =
        TrainingSettingsBuilder.builder()
            .method(TinyRuns.bilora(hypergradient))
            .adapter(new AdapterSettings(2, 4, List.of("encoder.layer.1.*.query")))
            // A large ε: where a moment is near 0, a small one turns rounding into whole steps.
            .optimizer(new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-2, 0.1, 1))
            .epochs(1)
            .maxSteps(0)
            .batchSize(8)
            .maxLength(16)
            .execution(
                fast
                    ? new ExecutionSettings(
                        ExecutionSettings.Precision.BF16, ExecutionSettings.Jit.ON)
                    : new ExecutionSettings(
                        ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
            .seed(11)
            .build();
    return FineTuning.open(
        MODEL,
        new EncoderHead(MODEL.config(), MODEL.pooling(), TinyRuns.DATA.task().outputs()),
        TargetModules.match(MODEL.config(), settings.adapter().targets()),
        settings.step());
  }

  private static boolean anyNonZero(HostTensor tensor) {
    for (float value : tensor.values()) {
      if (value != 0) {
        return true;
      }
    }
    return false;
  }
}
