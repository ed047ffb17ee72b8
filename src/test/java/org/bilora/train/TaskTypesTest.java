package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Dataset;
import org.bilora.data.TaskType;
import org.bilora.data.TinyTasks;
import org.bilora.eval.Evaluation;
import org.bilora.eval.Prediction;
import org.bilora.method.Method;
import org.bilora.step.ClassWeights;
import org.bilora.step.LossSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every type of task is learnt by a method of one level and by one of two. */
class TaskTypesTest {
  @TempDir Path folder;

  private static TrainingSettings settings(Method method, LossSettings loss) {
    TrainingSettings usual = TinyRuns.settings(method);
    return TrainingSettingsBuilder.builder(usual)
        .optimizer(usual.optimizer().withLearningRate(0.03))
        .epochs(8)
        .lengthBuckets(1)
        .loss(Optional.of(loss))
        .build();
  }

  private static final LossSettings ALL =
      new LossSettings(Optional.of(ClassWeights.BALANCED), OptionalDouble.of(1));

  private RunRecord train(Dataset data, TrainingSettings settings) throws IOException {
    return new Trainer(TinyRuns.model(), data, settings, folder.resolve("run"), TinyRuns.BY_EPOCH)
        .train();
  }

  private static void assertLearnt(RunRecord run) {
    List<EpochRecord> epochs = run.epochs();
    assertEquals(RunRecord.Status.FINISHED, run.status());
    assertTrue(
        epochs.get(epochs.size() - 1).devLoss() < 0.99 * epochs.get(0).devLoss(),
        epochs.get(0).devLoss() + " " + epochs.get(epochs.size() - 1).devLoss());
  }

  @Test
  void severalLabelsAreLearntOnOneLevelAndComeBackFromTheRun() throws IOException {
    Dataset data = TinyTasks.labels(40, 24, 7);
    RunRecord run = train(data, settings(TinyRuns.LORA, ALL));
    assertLearnt(run);
    assertEquals(TaskType.MULTI_LABEL, RunRecord.read(folder.resolve("run")).task().type());
    try (TrainedRun trained = TrainedRun.open(folder.resolve("run"), name -> TinyRuns.model())) {
      Evaluation evaluation = trained.evaluate(data, Dataset.DEV);
      assertEquals(run.bestEpoch().orElseThrow().metrics(), evaluation.metrics());
      assertTrue(evaluation.calibrationError().isPresent());
      float[][] logits = trained.logits(data.split(Dataset.DEV));
      List<Prediction> predictions = trained.predict(data.split(Dataset.DEV));
      for (int i = 0; i < logits.length; i++) {
        double signal = 1 / (1 + Math.exp(-(double) logits[i][0]));
        assertEquals(signal, predictions.get(i).probabilities().get("signal"), 1e-12);
        List<?> labels = (List<?>) predictions.get(i).columns().get("labels");
        assertEquals(signal > 0.5, labels.contains("signal"));
      }
    }
  }

  @Test
  void severalLabelsAreLearntOnTwoLevelsWithTheSameLoss() throws IOException {
    assertLearnt(train(TinyTasks.labels(40, 24, 7), settings(TinyRuns.BILORA, ALL)));
  }

  @Test
  void severalScoresAreLearntOnTwoLevels() throws IOException {
    Dataset data = TinyTasks.severalScores(40, 24, 7);
    assertLearnt(train(data, settings(TinyRuns.FIRST_ORDER, LossSettings.PLAIN)));
    try (TrainedRun trained = TrainedRun.open(folder.resolve("run"), name -> TinyRuns.model())) {
      Prediction first = trained.predict(data.split(Dataset.DEV)).get(0);
      assertEquals(List.of("words", "missing"), List.copyOf(first.columns().keySet()));
    }
  }

  @Test
  void tagsOfWordsAreLearntOnTwoLevels() throws IOException {
    Dataset data = TinyTasks.tags(40, 24, 7);
    RunRecord run = train(data, settings(TinyRuns.FIRST_ORDER, ALL));
    assertLearnt(run);
    try (TrainedRun trained = TrainedRun.open(folder.resolve("run"), name -> TinyRuns.model())) {
      Evaluation evaluation = trained.evaluate(data, Dataset.DEV);
      assertEquals(run.bestEpoch().orElseThrow().metrics(), evaluation.metrics());
      List<Prediction> predictions = trained.predict(data.split(Dataset.DEV));
      for (int i = 0; i < predictions.size(); i++) {
        List<?> tags = (List<?>) predictions.get(i).columns().get("tags");
        assertEquals(
            evaluation.predicted().get(i).stream()
                .map(tag -> data.task().labels().get(tag.intValue()))
                .toList(),
            tags);
      }
    }
  }

  @Test
  void whatScoresDoNotHaveIsRefused() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> train(TinyTasks.severalScores(8, 8, 1), settings(TinyRuns.LORA, ALL)))
            .getMessage();
    assertTrue(message.contains("class weights are for classes"), message);
  }
}
