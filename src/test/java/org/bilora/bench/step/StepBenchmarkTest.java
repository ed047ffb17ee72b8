package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.FirstOrder;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.TinyEncoders;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ExecutionSettings;
import org.junit.jupiter.api.Test;

class StepBenchmarkTest {
  private static final BiLora BILORA =
      BiLoraBuilder.builder()
          .lambda(Lambda.SOFTMAX)
          .hypergradient(new FirstOrder())
          .lowerSteps(1)
          .upperSteps(1)
          .upperLearningRate(5e-3)
          .gamma1(0.1)
          .gamma2(0.1)
          .lowerFraction(0.8)
          .build();

  /** Keeps what it hears as words. */
  private static final class Heard implements StepBenchmark.Listener {
    private final List<String> words = new ArrayList<>();

    @Override
    public void firstStep(Method method, int rows, int length, double seconds) {
      words.add("%s first %dx%d".formatted(method.name(), rows, length));
    }

    @Override
    public void timed(StepMeasurement timing) {
      words.add("%s timed %dx%d".formatted(timing.method().name(), timing.rows(), timing.length()));
    }
  }

  private static StepBenchmark.Settings settings(List<Method> methods, List<Integer> lengths) {
    return new StepBenchmark.Settings(
        ImmutableList.copyOf(methods),
        ImmutableList.of(2),
        ImmutableList.copyOf(lengths),
        new AdapterSettings(2, 4, List.of("query", "value")),
        new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF),
        3,
        7);
  }

  @Test
  void methodsTakeTurnsAndAreHeldAgainstLora() {
    Heard heard = new Heard();
    List<StepMeasurement> timings =
        new StepBenchmark(
                TinyEncoders.bert(1), settings(List.of(Lora.USUAL, BILORA), List.of(4)), heard)
            .run();
    assertEquals(
        List.of("lora first 2x4", "bilora first 2x4", "lora timed 2x4", "bilora timed 2x4"),
        heard.words);
    assertEquals(2, timings.size());
    for (StepMeasurement timing : timings) {
      assertEquals(3, timing.times().milliseconds().size());
      assertTrue(timing.times().min() > 0);
      assertTrue(timing.firstStepSeconds() * 1e3 > timing.times().median(), timing.toString());
      assertTrue(timing.peak() > 0 && timing.peak() == timing.peakF32());
      assertEquals(timing.method().equals(BILORA), timing.ratioToLora().isPresent());
      assertEquals(timing.method().equals(BILORA) ? 2 : 1, timing.batches());
    }
  }

  @Test
  void everyChoiceOfLayersIsTimedWithoutThoseBelow() {
    StepBenchmark.Settings everywhere = settings(List.of(Lora.USUAL), List.of(4));
    StepBenchmark.Settings chosen =
        new StepBenchmark.Settings(
            everywhere.methods(),
            everywhere.rows(),
            everywhere.lengths(),
            everywhere.adapter(),
            List.of(new LayerSelection("last:1"), new LayerSelection("last:2")),
            List.of(),
            everywhere.execution(),
            everywhere.steps(),
            everywhere.seed());
    List<StepMeasurement> timings =
        new StepBenchmark(TinyEncoders.bert(1), chosen, new Heard()).run();
    assertEquals(
        List.of("lora, last:1", "lora, last:2"),
        timings.stream().map(StepMeasurement::label).toList());
    assertEquals(2 * timings.get(0).operations(), timings.get(1).operations());
  }

  @Test
  void lanesAreHeldAgainstTheirTrainingsOneByOne() {
    StepBenchmark.Settings alone = settings(List.of(Lora.USUAL, BILORA), List.of(4));
    List<StepMeasurement> timings =
        new StepBenchmark(
                TinyEncoders.bert(1), inLanes(alone, List.of(), List.of(1, 3)), new Heard())
            .run();
    assertEquals(
        List.of("lora", "lora, 3 lanes", BILORA.variant(), BILORA.variant() + ", 3 lanes"),
        timings.stream().map(StepMeasurement::label).toList());
    for (int single : List.of(0, 2)) {
      StepMeasurement one = timings.get(single);
      StepMeasurement three = timings.get(single + 1);
      assertTrue(one.gainOfLanes().isEmpty());
      assertEquals(
          3 * one.times().median() / three.times().median(), three.gainOfLanes().getAsDouble());
      assertEquals(3 * one.operations(), three.operations());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> inLanes(alone, List.of(new LayerSelection("last:1")), List.of(2)));
  }

  private static StepBenchmark.Settings inLanes(
      StepBenchmark.Settings like, List<LayerSelection> layers, List<Integer> lanes) {
    return new StepBenchmark.Settings(
        like.methods(),
        like.rows(),
        like.lengths(),
        like.adapter(),
        layers,
        lanes,
        like.execution(),
        like.steps(),
        like.seed());
  }

  @Test
  void aLengthThatTheModelDoesNotReadIsRefusedBeforeAnythingIsTimed() {
    Heard heard = new Heard();
    StepBenchmark benchmark =
        new StepBenchmark(
            TinyEncoders.bert(1),
            settings(List.of(Lora.USUAL), List.of(4, TinyEncoders.POSITIONS + 1)),
            heard);
    assertThrows(IllegalArgumentException.class, benchmark::run);
    assertEquals(List.of(), heard.words);
  }

  @Test
  void emptyListsAreRefused() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> settings(List.of(), List.of(4)));
    assertTrue(refusal.getMessage().startsWith("method is empty"), refusal.getMessage());
  }
}
