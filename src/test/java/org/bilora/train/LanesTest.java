package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedExample;
import org.bilora.data.EncodedSet;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.FullFineTuning;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.MetaWeight;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.HiddenKey;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TinyEncoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.FineTuning;
import org.bilora.step.LanedFineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.step.StepSettings;
import org.bilora.step.TaskLoss;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several trainings in one step. */
class LanesTest {
  private static final int LANES = 2;
  private static final int STEPS = 20;
  private static final int ROWS = 4;
  private static final int LENGTH = 12;

  /** A large ε: where a moment is near 0, a small one would turn rounding into whole steps. */
  private static final OptimizerSettings OPTIMIZER =
      new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-4, 0.1, 1);

  private static final PretrainedEncoder MODEL = TinyRuns.model();
  private static final List<EncodedExample> EXAMPLES =
      EncodedSet.of(MODEL.tokenizer(), TinyRuns.DATA.split(Dataset.TRAIN), LENGTH).examples();

  /** One of each step, each lane's with a γ of its own. */
  static Stream<List<Method>> methods() {
    return Stream.of(
        same(new Lora(0.1)),
        bilora(TinyRuns.bilora(new Exact(Unroll.STEADY))),
        bilora(BiLoraBuilder.builder((BiLora) TinyRuns.FIRST_ORDER).lambda(Lambda.BINARY).build()),
        IntStream.range(0, LANES)
            .<Method>mapToObj(
                lane -> new JointTraining(Lambda.SOFTMAX, 0.02, gamma(lane), gamma(lane)))
            .toList());
  }

  private static double gamma(int lane) {
    return 0.1 * (1 + lane);
  }

  private static List<Method> same(Method method) {
    return IntStream.range(0, LANES).mapToObj(lane -> method).toList();
  }

  private static List<Method> bilora(BiLora method) {
    return IntStream.range(0, LANES)
        .<Method>mapToObj(
            lane ->
                BiLoraBuilder.builder(method).gamma1(gamma(lane)).gamma2(gamma(lane) / 10).build())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aLaneTrainsAsItDoesByItself(List<Method> methods) {
    List<StepSettings> settings =
        IntStream.range(0, LANES).mapToObj(lane -> settings(methods.get(lane), 11 + lane)).toList();
    StepKind kind = methods.get(0).phases().get(0).kind();
    try (LanedFineTuning lanes = open(MODEL, settings)) {
      List<List<StepResult>> found = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        int number = step;
        found.add(
            lanes.step(
                IntStream.range(0, LANES).mapToObj(lane -> batches(kind, lane, number)).toList(),
                IntStream.range(0, LANES).mapToObj(lane -> rates(lane, number)).toList()));
      }
      for (int lane = 0; lane < LANES; lane++) {
        try (FineTuning alone = alone(settings.get(lane))) {
          for (int step = 0; step < STEPS; step++) {
            StepResult expected = alone.step(batches(kind, lane, step), rates(lane, step));
            assertAlike(
                expected, found.get(step).get(lane), "lane %d, step %d".formatted(lane, step));
          }
          assertAlike(alone.state(), lanes.state(lane));
          assertEquals(alone.trained().keySet(), lanes.trained(lane).keySet());
        }
      }
    }
  }

  @Test
  void aLaneIsEvaluatedByATrainingOfTheSameSettings() {
    List<StepSettings> settings = List.of(settings(TinyRuns.LORA, 1), settings(TinyRuns.LORA, 2));
    StepKind kind = TinyRuns.LORA.phases().get(0).kind();
    try (LanedFineTuning lanes = open(MODEL, settings);
        FineTuning alone = alone(settings.get(1))) {
      List<StepBatches> batches = List.of(batches(kind, 0, 0), batches(kind, 1, 0));
      assertTrue(lanes.prepare(batches));
      Map<String, HostTensor> fresh = alone.trained();
      lanes.step(batches, List.of(rates(0, 0), rates(1, 0)));
      Batch batch = batches.get(1).lower().get(0);
      double before = alone.loss(batch);
      alone.restoreTrained(lanes.trained(1));
      double inLanes = alone.loss(batch);
      assertTrue(Math.abs(inLanes - before) > 1e-4, inLanes + " after " + before);
      alone.restoreTrained(fresh);
      alone.step(batches.get(1), rates(1, 0));
      assertEquals(alone.loss(batch), inLanes, 1e-5);
    }
  }

  @Test
  void whatHasNoLanesIsRefusedByName() {
    StepSettings plain = settings(TinyRuns.LORA, 1);
    assertRefused("accumulate is set", plain.withExecution(plain.execution().withAccumulate(2)));
    assertRefused("recompute is on", plain.withExecution(plain.execution().withRecompute(true)));
    assertRefused("HiddenKey is on", plain.withHiddenKey(new HiddenKey(0.1, 0, 0)));
    for (Method method :
        List.of(
            FullFineTuning.USUAL,
            MetaWeight.USUAL,
            Methods.named("adalora"),
            Methods.named("dora"))) {
      assertRefused("what method " + method.variant() + " trains", settings(method, 1));
    }
    assertRefused("lanes differ in method", plain, settings(TinyRuns.FIRST_ORDER, 1));
    StepSettings exact = settings(TinyRuns.bilora(new Exact()), 1);
    assertRefused("lanes differ in kinds of steps", settings(TinyRuns.FIRST_ORDER, 1), exact);
    BiLora one = BiLoraBuilder.builder((BiLora) TinyRuns.FIRST_ORDER).gamma1(0).build();
    BiLora other = BiLoraBuilder.builder(one).gamma1(0.1).build();
    assertRefused("lanes have different penalties", settings(one, 1), settings(other, 1));
    assertRefused("lanes is 0");
  }

  @Test
  void batchesOfOtherShapesAndSharedDropoutAreRefused() {
    List<StepSettings> settings = List.of(settings(TinyRuns.LORA, 1), settings(TinyRuns.LORA, 2));
    StepKind kind = TinyRuns.LORA.phases().get(0).kind();
    List<StepRates> rates = List.of(rates(0, 0), rates(1, 0));
    StepBatches one = batches(kind, 0, 0);
    try (LanedFineTuning lanes = open(MODEL, settings)) {
      StepBatches longer =
          StepBatches.moveLower(Batch.of(EXAMPLES.subList(0, 2), ROWS, LENGTH + 1));
      IllegalArgumentException shapes =
          assertThrows(
              IllegalArgumentException.class, () -> lanes.step(List.of(one, longer), rates));
      assertTrue(shapes.getMessage().contains("must be of one shape"), shapes.getMessage());
      assertThrows(IllegalArgumentException.class, () -> lanes.step(List.of(one), rates));
    }
    PretrainedEncoder deberta =
        TinyEncoders.otherKinds(0.1, 3).stream()
            .filter(model -> model.name().contains("Deberta"))
            .findFirst()
            .orElseThrow();
    IllegalArgumentException shared =
        assertThrows(IllegalArgumentException.class, () -> open(deberta, settings).close());
    assertTrue(shared.getMessage().contains("all texts of a batch share some values"));
  }

  private static void assertRefused(String beginning, StepSettings... lanes) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> open(MODEL, List.of(lanes)).close());
    assertTrue(refused.getMessage().startsWith(beginning), refused.getMessage());
  }

  private static StepSettings settings(Method method, long seed) {
    TrainingSettings tiny = TinyRuns.settings(method);
    return new StepSettings(
            method, tiny.adapter(), OPTIMIZER, OptionalDouble.empty(), tiny.execution(), seed)
        .withLowerExamples(EXAMPLES.size());
  }

  private static EncoderHead head(PretrainedEncoder model) {
    return new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs());
  }

  private static LanedFineTuning open(PretrainedEncoder model, List<StepSettings> lanes) {
    List<String> modules = AdaptedModules.of(model, TinyRuns.settings(TinyRuns.LORA).adapter());
    return LanedFineTuning.open(
        model, head(model), TaskLoss.of(TinyRuns.DATA.task()), modules, lanes);
  }

  private static FineTuning alone(StepSettings settings) {
    return FineTuning.open(
        MODEL,
        head(MODEL),
        TaskLoss.of(TinyRuns.DATA.task()),
        AdaptedModules.of(MODEL, settings.adapter()),
        settings,
        Optional.empty(),
        Optional.empty());
  }

  /** A lane's own examples, one row less in every third batch. */
  private static StepBatches batches(StepKind kind, int lane, int step) {
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < kind.lowerBatches() + kind.upperBatches(); i++) {
      int from = (7 * lane + 3 * step + 5 * i) % (EXAMPLES.size() - ROWS);
      int rows = (lane + step) % 3 == 0 ? ROWS - 1 : ROWS;
      batches.add(Batch.of(EXAMPLES.subList(from, from + rows), ROWS, LENGTH));
    }
    return new StepBatches(
        kind,
        batches.subList(0, kind.lowerBatches()),
        batches.subList(kind.lowerBatches(), batches.size()));
  }

  /** Each lane's own, along a schedule. */
  private static StepRates rates(int lane, int step) {
    float share = 1 - (float) step / STEPS;
    return new StepRates(step, 0.01f * (1 + lane) * share, 0.02f * (2 - lane) * share, 0.02f);
  }

  private static void assertAlike(StepResult expected, StepResult found, String where) {
    assertAlike(expected.lowerLoss(), found.lowerLoss(), where);
    assertAlike(expected.upperLoss(), found.upperLoss(), where);
    assertAlike(expected.lowerGradientNorm(), found.lowerGradientNorm(), where);
    assertAlike(expected.upperGradientNorm(), found.upperGradientNorm(), where);
    assertEquals(expected.terms().isPresent(), found.terms().isPresent());
  }

  private static void assertAlike(OptionalDouble expected, OptionalDouble found, String where) {
    assertEquals(expected.isPresent(), found.isPresent(), where);
    if (expected.isPresent()) {
      assertEquals(expected.getAsDouble(), found.getAsDouble(), 1e-5, where);
    }
  }

  private static void assertAlike(Map<String, HostTensor> expected, Map<String, HostTensor> found) {
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach(
        (name, tensor) -> {
          float[] values = found.get(name).values();
          for (int i = 0; i < values.length; i++) {
            assertEquals(tensor.values()[i], values[i], 1e-4, name);
          }
        });
  }
}
