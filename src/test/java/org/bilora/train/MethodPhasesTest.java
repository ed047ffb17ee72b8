package org.bilora.train;

import static org.bilora.train.MethodsTest.TWO_STAGE;
import static org.bilora.train.MethodsTest.WITH_LAST_PHASE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.method.Method;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.StepBatches;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Methods whose phases train different levels, or on different data. */
class MethodPhasesTest {
  @TempDir private Path folder;

  /** Steps of the first phase of both methods. */
  static Stream<Arguments> phases() {
    // 40 examples in batches of 8: 5 a pass, 15 in all; 30 of them: 4 a pass, 12 in all.
    return Stream.of(
        Arguments.of(TWO_STAGE, 9, "lower/"), Arguments.of(WITH_LAST_PHASE, 7, "upper/"));
  }

  @ParameterizedTest
  @MethodSource("phases")
  void aSecondPhaseLeavesOneLevelAsItIs(Method method, int firstPhase, String frozen)
      throws IOException {
    TrainingSettings settings = TinyRuns.settings(method);
    Path directory = folder.resolve("run");
    TinyRuns.interrupted(directory, settings, firstPhase);
    Path file = new RunDirectory(directory).checkpoint();
    Map<String, HostTensor> between = Checkpoint.read(file).state();
    RunRecord run = TinyRuns.trainer(directory, settings).resume();
    Map<String, HostTensor> after = Checkpoint.read(file).state();
    for (String name : between.keySet()) {
      boolean same = Arrays.equals(between.get(name).values(), after.get(name).values());
      assertEquals(name.startsWith(frozen), same, name);
    }
    List<EpochRecord> epochs = run.epochs();
    EpochRecord last = epochs.get(epochs.size() - 1);
    if (method == TWO_STAGE) {
      assertTrue(last.lowerLoss().isEmpty() && last.upperLoss().isPresent());
      assertEquals(0, last.lowerLearningRate());
      assertTrue(epochs.get(0).upperLoss().isEmpty());
      for (String name : between.keySet()) {
        if (name.endsWith(".e/m")) {
          assertArrayEquals(new float[2], between.get(name).values());
        }
      }
    } else {
      assertTrue(last.upperLoss().isEmpty() && last.upperLearningRate().isEmpty());
      assertTrue(epochs.get(0).upperLoss().isPresent());
    }
  }

  @Test
  void aLastPhaseMeetsTheWholeTrainingSetAndEachLevelHasItsOwnSchedule() {
    PretrainedEncoder model = TinyRuns.model();
    TrainingSettings settings = TinyRuns.settings(WITH_LAST_PHASE);
    TrainingPlan plan = TrainingData.of(model, TinyRuns.DATA, settings).plan();
    assertEquals(12, plan.steps());
    assertEquals(List.of(4, 3, 5), epochSizes(plan));
    double rows =
        plan.epoch(2).stream()
            .mapToDouble(iteration -> sum(iteration.lower().get(0).rowWeights()))
            .sum();
    assertEquals(40, rows);
    StepSchedule schedule = new StepSchedule(settings, plan);
    assertEquals(7, schedule.rates(7).upperUpdates());
    assertEquals(11, schedule.rates(11).lowerUpdates());
    assertEquals(7, schedule.rates(11).upperUpdates());
    assertEquals(0, schedule.rates(7).upperLearningRate());
    // Linear to 0 over 7 steps, the first of which warms up, and over 12 steps likewise.
    assertEquals(0.02 / 6, schedule.rates(6).upperLearningRate(), 1e-8);
    assertEquals(0.01 / 11, schedule.rates(11).lowerLearningRate(), 1e-8);
  }

  @Test
  void twoStagesMeetD1AndThenD2() {
    PretrainedEncoder model = TinyRuns.model();
    TrainingSettings settings = TinyRuns.settings(TWO_STAGE);
    TrainingPlan plan = TrainingData.of(model, TinyRuns.DATA, settings).plan();
    assertEquals(List.of(4, 4, 1, 2, 2, 2), epochSizes(plan));
    for (int epoch = 0; epoch < 6; epoch++) {
      for (StepBatches iteration : plan.epoch(epoch)) {
        assertEquals(epoch < 3, iteration.upper().isEmpty());
        assertEquals(epoch >= 3, iteration.lower().isEmpty());
      }
    }
    StepSchedule schedule = new StepSchedule(settings, plan);
    assertEquals(0, schedule.rates(8).upperLearningRate());
    assertEquals(0.02, schedule.rates(9).upperLearningRate(), 1e-8);
    assertEquals(0, schedule.rates(9).upperUpdates());
    assertEquals(0, schedule.rates(9).lowerLearningRate());
  }

  private static List<Integer> epochSizes(TrainingPlan plan) {
    return IntStream.range(0, plan.epochs()).mapToObj(epoch -> plan.epoch(epoch).size()).toList();
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
