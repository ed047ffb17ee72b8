package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.bilora.data.Dataset;
import org.bilora.data.TinyTasks;
import org.bilora.method.BiLora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.TinyEncoders;
import org.bilora.step.NetworkFineTuning;
import org.bilora.step.StepResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
  @TempDir Path folder;

  static Stream<TrainingSettings> methods() {
    return Stream.of(TinyRuns.settings(TinyRuns.LORA), TinyRuns.settings(TinyRuns.FIRST_ORDER));
  }

  @Test
  void equalSeedsEndWithEqualValuesAndFrozenWeightsStayAsTheyWere() throws IOException {
    for (Method method : List.of(TinyRuns.LORA, TinyRuns.BILORA)) {
      TrainingSettings settings = TinyRuns.settings(method);
      Path one = folder.resolve(method.name() + 1);
      Path two = folder.resolve(method.name() + 2);
      RunRecord first = TinyRuns.trainer(one, settings).train();
      RunRecord second = TinyRuns.trainer(two, settings).train();
      assertEquals(RunRecord.Status.FINISHED, first.status());
      assertEquals(first.trainedSha256(), second.trainedSha256());
      assertEquals(withoutSeconds(first.epochs()), withoutSeconds(second.epochs()));
      for (EpochRecord epoch : first.epochs()) {
        assertEquals(method instanceof BiLora, epoch.hypergradientTerms().isPresent());
        epoch.hypergradientTerms().ifPresent(terms -> assertTrue(terms.ratio() > 0));
      }
      assertEquals(state(one), state(two));
      assertEquals(Optional.of(first.frozenSha256Before()), first.frozenSha256After());
      assertEquals(first, new RunDirectory(one).readRecord());
      requireWholeRecord(first);
    }
  }

  private static void requireWholeRecord(RunRecord run) {
    List<EpochRecord> epochs = run.epochs();
    assertEquals(3, epochs.size());
    double best =
        epochs.stream()
            .mapToDouble(epoch -> epoch.metrics().get(run.task().primaryMetric()))
            .max()
            .orElseThrow();
    assertEquals(best, run.best().orElseThrow().value());
    assertTrue(run.secondsPerStep().orElseThrow() > 0);
    assertTrue(run.peakMemoryBytes().orElse(Long.MAX_VALUE) > 1 << 20);
    assertEquals(run.settings().method() instanceof BiLora, epochs.get(0).upperLoss().isPresent());
    int trainExamples = TinyRuns.DATA.split(Dataset.TRAIN).size();
    assertEquals(trainExamples, run.examples().lower() + run.examples().upper());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunCutOffAtAnyStepGoesOnAsIfNothingHadHappened(TrainingSettings settings)
      throws IOException {
    Losses undisturbed = new Losses();
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings, undisturbed).train();
    String expected = state(folder.resolve("whole"));
    int perEpoch = Math.toIntExact(whole.totalSteps() / 3);
    // A single-level step is built fast enough to try every kind of place.
    int[] cuts =
        settings.method() instanceof BiLora
            ? new int[] {perEpoch - 1, perEpoch + 2}
            : new int[] {1, perEpoch - 1, perEpoch, perEpoch + 2, 3 * perEpoch};
    for (int cut : cuts) {
      Path directory = folder.resolve("cut" + cut);
      assertThrows(
          PowerCut.class, () -> TinyRuns.trainer(directory, settings, new CutAfter(cut)).train());
      assertEquals(RunRecord.Status.RUNNING, new RunDirectory(directory).readRecord().status());
      Losses resumed = new Losses();
      RunRecord run = TinyRuns.trainer(directory, settings, resumed).resume();
      assertEquals(whole.trainedSha256(), run.trainedSha256(), "cut after step " + cut);
      assertEquals(whole.best(), run.best());
      assertEquals(withoutSeconds(whole.epochs()), withoutSeconds(run.epochs()));
      assertEquals(expected, state(directory), "cut after step " + cut);
      assertEquals(
          undisturbed.results.subList(
              undisturbed.results.size() - resumed.results.size(), undisturbed.results.size()),
          resumed.results);
    }
  }

  @Test
  void aTruncatedPartialFileDoesNotMatter() throws IOException {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path directory = folder.resolve("cut");
    assertThrows(
        PowerCut.class, () -> TinyRuns.trainer(directory, settings, new CutAfter(5)).train());
    Path partial = directory.resolve(".checkpoint.safetensors.0.part");
    Files.write(partial, new byte[] {1, 2, 3});
    RunRecord run = TinyRuns.trainer(directory, settings).resume();
    assertEquals(whole.trainedSha256(), run.trainedSha256());
    assertFalse(Files.exists(partial));
  }

  @Test
  void aKillBetweenCheckpointAndBestValuesIsMadeGoodOnResume() throws IOException {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path directory = folder.resolve("cut");
    TrainingListener afterCheckpoint =
        new TrainingListener() {
          private boolean evaluated;

          @Override
          public void evaluating(int epoch) {
            evaluated = true;
          }

          @Override
          public void checkpointed(long step) {
            if (evaluated) {
              throw new PowerCut();
            }
          }
        };
    assertThrows(
        PowerCut.class, () -> TinyRuns.trainer(directory, settings, afterCheckpoint).train());
    assertFalse(Files.exists(directory.resolve("trained.safetensors")));
    RunRecord run = TinyRuns.trainer(directory, settings).resume();
    assertEquals(whole.trainedSha256(), run.trainedSha256());
    assertEquals(state(folder.resolve("whole")), state(directory));
  }

  @Test
  void aRequestedStopLeavesACheckpointToGoOnFrom() throws IOException {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.FIRST_ORDER);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path directory = folder.resolve("stopped");
    RunRecord stopped = TinyRuns.interrupted(directory, settings, 5);
    assertEquals(RunRecord.Status.INTERRUPTED, stopped.status());
    assertEquals(5, stopped.steps());
    Losses resumed = new Losses();
    RunRecord run = TinyRuns.trainer(directory, settings, resumed).resume();
    assertEquals(RunRecord.Status.FINISHED, run.status());
    assertEquals(run.totalSteps() - 5, resumed.results.size());
    assertEquals(whole.trainedSha256(), run.trainedSha256());
  }

  @Test
  void anInterruptOfTheThreadStopsAndStaysSet() throws IOException {
    TrainingListener interrupt =
        new TrainingListener() {
          @Override
          public void evaluating(int epoch) {
            Thread.currentThread().interrupt();
          }
        };
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    Path directory = folder.resolve("run");
    RunRecord stopped = TinyRuns.trainer(directory, settings, interrupt).train();
    assertTrue(Thread.interrupted());
    assertEquals(RunRecord.Status.INTERRUPTED, stopped.status());
    assertEquals(0, stopped.epochs().size());
    assertEquals(3, TinyRuns.trainer(directory, settings).resume().epochs().size());
  }

  @Test
  void aFinishedRunIsLeftAsItIs() throws IOException {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    Path directory = folder.resolve("run");
    RunRecord run = TinyRuns.trainer(directory, settings).train();
    String before = state(directory);
    List<String> warnings = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void warned(String message) {
            warnings.add(message);
          }
        };
    assertEquals(run, TinyRuns.trainer(directory, settings, listener).resume());
    assertEquals(before, state(directory));
    assertTrue(warnings.get(0).contains("finished"), warnings::toString);
  }

  @Test
  void anotherRunCannotBeResumed() throws IOException {
    Path directory = folder.resolve("run");
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    assertThrows(
        PowerCut.class, () -> TinyRuns.trainer(directory, settings, new CutAfter(2)).train());
    TrainingSettings longer =
        TinyRuns.settings(
            TinyRuns.LORA, new OptimizerSettings(0.02, 0.01, 0.9, 0.999, 1e-8, 0.1, 1), 0);
    IOException refused =
        assertThrows(IOException.class, () -> TinyRuns.trainer(directory, longer).resume());
    assertTrue(
        refused.getMessage().contains("settings.optimizer.learning_rate was 0.01 and is now 0.02"),
        refused::getMessage);
    Trainer otherData =
        new Trainer(TinyRuns.model(), TinyTasks.classes(40, 24, 8), settings, directory);
    assertTrue(
        assertThrows(IOException.class, otherData::resume)
            .getMessage()
            .contains("data_sha256 was \"data-7\" and is now \"data-8\""));
    Trainer otherModel = new Trainer(TinyEncoders.bert(4), TinyRuns.DATA, settings, directory);
    assertTrue(
        assertThrows(IOException.class, otherModel::resume).getMessage().contains("model_sha256"));
  }

  @Test
  void aUsedDirectoryIsRefused() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("used"));
    Path notes = Files.writeString(directory.resolve("notes.txt"), "mine");
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    assertTrue(
        assertThrows(IOException.class, () -> TinyRuns.trainer(directory, settings).train())
            .getMessage()
            .contains("is not empty (it holds notes.txt)"));
    assertEquals(List.of(notes), list(directory));
    Files.move(notes, directory.resolve("run.json"));
    assertTrue(
        assertThrows(IOException.class, () -> TinyRuns.trainer(directory, settings).train())
            .getMessage()
            .contains("already holds a run"));
  }

  @Test
  void aDivergingRunStopsAtItsStepAndKeepsTheLastGoodCheckpoint() throws IOException {
    OptimizerSettings reckless = new OptimizerSettings(1e30, 0, 0.9, 0.999, 1e-8, 0.9, 0);
    TrainingSettings settings = TinyRuns.settings(TinyRuns.FIRST_ORDER, reckless, 0);
    Path directory = folder.resolve("run");
    List<RunRecord> ended = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void finished(RunRecord run) {
            ended.add(run);
          }
        };
    DivergedException diverged =
        assertThrows(
            DivergedException.class,
            () ->
                new Trainer(
                        TinyRuns.model(),
                        TinyRuns.DATA,
                        settings,
                        directory,
                        new Checkpointing(1, TinyRuns.BY_EPOCH.everyTime()),
                        listener)
                    .train());
    assertTrue(diverged.getMessage().contains("at step " + diverged.step()), diverged::getMessage);
    RunRecord record = new RunDirectory(directory).readRecord();
    assertEquals(RunRecord.Status.FAILED, record.status());
    assertEquals(Optional.of(diverged.getMessage()), record.failure());
    assertEquals(List.of(record), ended);
    if (Files.exists(directory.resolve("checkpoint.safetensors"))) {
      Checkpoint kept = Checkpoint.read(directory.resolve("checkpoint.safetensors"));
      assertTrue(kept.position().step() < diverged.step());
      kept.state()
          .values()
          .forEach(
              tensor -> {
                for (float value : tensor.values()) {
                  assertTrue(Float.isFinite(value));
                }
              });
    }
  }

  @Test
  void aLimitOfStepsEndsWithinAnEpochAfterAnEvaluation() throws IOException {
    TrainingSettings settings =
        TinyRuns.settings(
            TinyRuns.LORA, new OptimizerSettings(0.01, 0.01, 0.9, 0.999, 1e-8, 0.1, 1), 2);
    RunRecord run = TinyRuns.trainer(folder.resolve("run"), settings).train();
    assertEquals(2, run.steps());
    assertEquals(1, run.epochs().size());
    assertEquals(RunRecord.Status.FINISHED, run.status());
    assertTrue(run.trainedSha256().isPresent());
  }

  /** Everything that a resumed run would start from. */
  private static String state(Path directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(directory.resolve("checkpoint.safetensors"));
    return NetworkFineTuning.sha256(checkpoint.state())
        + NetworkFineTuning.sha256(checkpoint.best());
  }

  private static List<EpochRecord> withoutSeconds(List<EpochRecord> epochs) {
    return epochs.stream()
        .map(
            e ->
                EpochRecordBuilder.builder(e)
                    .seconds(0)
                    .secondsPerStep(OptionalDouble.empty())
                    .build())
        .toList();
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  /** Nothing catches it, so the directory is left as a kill would leave it. */
  private static final class PowerCut extends Error {
    private static final long serialVersionUID = 1;
  }

  private record CutAfter(long step) implements TrainingListener {
    @Override
    public void stepFinished(Progress progress) {
      if (progress.step() == step) {
        throw new PowerCut();
      }
    }
  }

  private static final class Losses implements TrainingListener {
    private final List<StepResult> results = new ArrayList<>();

    @Override
    public void stepFinished(Progress progress) {
      results.add(progress.result());
    }
  }
}
