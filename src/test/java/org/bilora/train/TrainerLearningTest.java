package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bilora.data.TinyTasks;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.TinyEncoders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is learnt, and that settings change it; {@link TrainerTest} stops and resumes. */
class TrainerLearningTest {
  @TempDir Path folder;

  @Test
  void classesAndScoresOfPairsAreLearnt() throws IOException {
    OptimizerSettings fast = new OptimizerSettings(0.03, 0, 0.9, 0.999, 1e-8, 0.1, 1);
    for (Method method : List.of(TinyRuns.LORA, TinyRuns.FIRST_ORDER)) {
      TrainingSettings settings = TinyRuns.settings(method, fast, 30, 0);
      Path one = folder.resolve(method.name() + "-classes");
      requireFallingLoss(TinyRuns.trainer(one, settings).train());
      Path two = folder.resolve(method.name() + "-scores");
      requireFallingLoss(
          new Trainer(TinyEncoders.roberta(3), TinyTasks.scores(40, 24, 7), settings, two).train());
    }
  }

  /** The last epochs against the first, where a constant answer's loss would stay the same. */
  private static void requireFallingLoss(RunRecord run) {
    List<EpochRecord> epochs = run.epochs();
    double last =
        epochs.subList(epochs.size() - 5, epochs.size()).stream()
            .mapToDouble(epoch -> epoch.lowerLoss().orElseThrow())
            .average()
            .orElseThrow();
    assertTrue(last < 0.6 * epochs.get(0).lowerLoss().orElseThrow(), epochs::toString);
  }

  @Test
  void otherSeedsEndWithOtherValues() throws IOException {
    TrainingSettings settings = TinyRuns.settings(TinyRuns.LORA);
    TrainingSettings other =
        TrainingSettingsBuilder.builder(settings).seed(settings.seed() + 1).build();
    assertNotEquals(
        TinyRuns.trainer(folder.resolve("a"), settings).train().trainedSha256(),
        TinyRuns.trainer(folder.resolve("b"), other).train().trainedSha256());
  }

  @Test
  void dropoutOfTheAdaptersInputChangesWhatIsLearnt() throws IOException {
    assertNotEquals(
        TinyRuns.trainer(folder.resolve("a"), TinyRuns.settings(TinyRuns.LORA))
            .train()
            .trainedSha256(),
        TinyRuns.trainer(folder.resolve("b"), TinyRuns.settings(new Lora(0.5)))
            .train()
            .trainedSha256());
  }

  @Test
  void textsLongerThanTheModelsAreRefusedBeforeAnythingIsWritten() {
    TrainingSettings s = TinyRuns.settings(TinyRuns.LORA);
    TrainingSettings tooLong =
        TrainingSettingsBuilder.builder(s).epochs(1).maxSteps(0).batchSize(8).maxLength(41).build();
    Path directory = folder.resolve("run");
    assertTrue(
        assertThrows(
                IllegalArgumentException.class, () -> TinyRuns.trainer(directory, tooLong).train())
            .getMessage()
            .startsWith("maxLength is 41"));
    assertFalse(Files.exists(directory));
  }
}
