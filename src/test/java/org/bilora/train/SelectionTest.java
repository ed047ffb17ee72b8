package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.bilevel.FirstOrder;
import org.bilora.data.MetricName;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.Method;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the best epoch is chosen on, how often, and when a run gives up. */
class SelectionTest {
  @TempDir Path folder;

  private static TrainingSettings settings(
      Method method, int every, Optional<Selection> selection, int patience) {
    TrainingSettings usual = TinyRuns.settings(method);
    return TrainingSettingsBuilder.builder(usual)
        .epochs(6)
        .maxSteps(0)
        .evaluateEvery(every == 1 ? OptionalInt.empty() : OptionalInt.of(every))
        .selection(selection)
        .patience(patience == 0 ? OptionalInt.empty() : OptionalInt.of(patience))
        .build();
  }

  private RunRecord train(String name, TrainingSettings settings) throws IOException {
    return TinyRuns.trainer(folder.resolve(name), settings).train();
  }

  @Test
  void theEpochIsChosenOnD2AndTheDevSplitOnlyReports() throws IOException {
    RunRecord run = train("d2", settings(TinyRuns.LORA, 1, Optional.of(Selection.D2), 0));
    assertEquals(32, run.examples().lower());
    EpochRecord best = null;
    for (EpochRecord epoch : run.epochs()) {
      double value = epoch.selection().orElseThrow().metrics().get(MetricName.MATTHEWS);
      if (best == null
          || value > best.selection().orElseThrow().metrics().get(MetricName.MATTHEWS)) {
        best = epoch;
      }
    }
    assertEquals(Optional.of(best), run.bestEpoch());
    assertEquals(
        best.selection().orElseThrow().metrics().get(MetricName.MATTHEWS),
        run.best().orElseThrow().value());
  }

  @Test
  void aMethodWithTwoLevelsChoosesOnItsOwnD2() throws IOException {
    TrainingData data =
        TrainingData.of(
            TinyRuns.model(),
            TinyRuns.DATA,
            settings(TinyRuns.FIRST_ORDER, 1, Optional.of(Selection.D2), 0));
    assertEquals(30, data.counts().lower());
    assertEquals(10, data.counts().upper());
    assertEquals(10, data.chosenOn().size());
  }

  @Test
  void aD2ThatTheLastPhaseLearnsFromCannotChoose() {
    BiLora lastPhase =
        BiLoraBuilder.builder(TinyRuns.bilora(new FirstOrder()))
            .lastPhaseShare(OptionalDouble.of(0.3))
            .build();
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> train("last", settings(lastPhase, 1, Optional.of(Selection.D2), 0)));
    assertTrue(refused.getMessage().contains("the last phase learns from D2"));
  }

  @Test
  void fewerEvaluationsLeaveTrainingAsItIsAndSumUpThePassesBetween() throws IOException {
    RunRecord every = train("every", settings(TinyRuns.LORA, 1, Optional.empty(), 0));
    RunRecord fourth = train("fourth", settings(TinyRuns.LORA, 4, Optional.empty(), 0));
    assertEquals(List.of(4, 6), fourth.epochs().stream().map(EpochRecord::epoch).toList());
    assertEquals(every.epochs().get(3).devLoss(), fourth.epochs().get(0).devLoss());
    assertEquals(every.epochs().get(5).devLoss(), fourth.epochs().get(1).devLoss());
    assertEquals(
        every.epochs().stream()
            .limit(4)
            .mapToDouble(epoch -> epoch.lowerLoss().orElseThrow())
            .average()
            .orElseThrow(),
        fourth.epochs().get(0).lowerLoss().orElseThrow(),
        1e-6);
    assertEquals(every.steps(), fourth.steps());
  }

  @Test
  void aRunThatIsStoppedBetweenEvaluationsGoesOnAsIfNothingHadHappened() throws IOException {
    TrainingSettings settings = settings(TinyRuns.LORA, 4, Optional.of(Selection.D2), 0);
    RunRecord whole = train("whole", settings);
    Path cut = folder.resolve("cut");
    assertEquals(RunRecord.Status.INTERRUPTED, TinyRuns.interrupted(cut, settings, 9).status());
    RunRecord resumed = TinyRuns.trainer(cut, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(whole.epochs().get(0).lowerLoss(), resumed.epochs().get(0).lowerLoss());
    assertEquals(whole.epochs().get(1).selection(), resumed.epochs().get(1).selection());
  }

  @Test
  void aRunEndsWhenItsPatienceDoes() throws IOException {
    RunRecord run = train("patient", settings(TinyRuns.LORA, 1, Optional.empty(), 1));
    int best = run.best().orElseThrow().epoch();
    assertEquals(Math.min(6, best + 1), run.epochs().size());
    assertEquals(RunRecord.Status.FINISHED, run.status());
    assertTrue(run.epochs().size() < 6, "the test's task is learnt later than its patience lasts");
    assertTrue(run.steps() < run.totalSteps());
  }
}
