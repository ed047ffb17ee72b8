package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.method.ExampleWeight;
import org.bilora.method.Method;
import org.bilora.method.TwoStage;
import org.bilora.model.TinyDecoders;
import org.bilora.step.StepBatches;
import org.bilora.step.TinySequences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A D1 and a D2 of its own for every epoch. */
class SplitEveryEpochTest {
  @TempDir private Path folder;

  private static TrainingSettings settings(Method method) {
    return every(TinyRuns.settings(method));
  }

  private static TrainingSettings every(TrainingSettings settings) {
    return TrainingSettingsBuilder.builder(settings).splitEveryEpoch(Optional.of(true)).build();
  }

  /** The token ids and classes of an epoch's batches of one level, without padding rows. */
  private static List<String> met(List<Batch> batches) {
    List<String> rows = new ArrayList<>();
    for (Batch batch : batches) {
      for (int row = 0; row < batch.rows(); row++) {
        if (batch.rowWeights()[row] > 0) {
          StringBuilder ids = new StringBuilder();
          for (int i = 0; i < batch.length(); i++) {
            ids.append(batch.inputIds()[row * batch.length() + i]).append(' ');
          }
          rows.add(ids.append(batch.targets()[row]).toString());
        }
      }
    }
    return rows;
  }

  private static List<String> lower(List<StepBatches> epoch) {
    return met(epoch.stream().flatMap(step -> step.lower().stream()).toList());
  }

  private static List<String> upper(List<StepBatches> epoch) {
    return met(epoch.stream().flatMap(step -> step.upper().stream()).toList());
  }

  @Test
  void everyEpochHasAD1AndAD2OfItsOwnOfTheSameSizesAndClasses() {
    TrainingPlan plan =
        TrainingData.of(TinyRuns.model(), TinyRuns.DATA, settings(TinyRuns.FIRST_ORDER)).plan();
    TrainingPlan again =
        TrainingData.of(TinyRuns.model(), TinyRuns.DATA, settings(TinyRuns.FIRST_ORDER)).plan();
    TrainingPlan one =
        TrainingData.of(TinyRuns.model(), TinyRuns.DATA, TinyRuns.settings(TinyRuns.FIRST_ORDER))
            .plan();
    assertEquals(one.steps(), plan.steps());
    assertEquals(lower(one.epoch(0)), lower(plan.epoch(0)), "the first split is the usual one");
    List<Set<String>> sets = new ArrayList<>();
    for (int epoch = 0; epoch < 3; epoch++) {
      List<String> lower = lower(plan.epoch(epoch));
      List<String> upper = upper(plan.epoch(epoch));
      assertEquals(lower, lower(again.epoch(epoch)), "it follows from seed and epoch");
      assertEquals(upper, upper(again.epoch(epoch)));
      assertEquals(30, lower.size());
      assertEquals(
          lower(one.epoch(epoch)).stream().filter(row -> row.endsWith(" 1.0")).count(),
          lower.stream().filter(row -> row.endsWith(" 1.0")).count(),
          "as many of a class");
      Set<String> both = new TreeSet<>(lower);
      both.retainAll(Set.copyOf(upper));
      assertEquals(Set.of(), both, "nothing is in D1 and D2 of one epoch");
      sets.add(new TreeSet<>(lower));
    }
    assertNotEquals(sets.get(0), sets.get(1));
    assertNotEquals(sets.get(1), sets.get(2));
  }

  @Test
  void aRunThatIsStoppedWithinALaterEpochGoesOnAsIfNothingHadHappened() throws IOException {
    TrainingSettings settings = settings(TinyRuns.FIRST_ORDER);
    RunRecord whole = TinyRuns.trainer(folder.resolve("whole"), settings).train();
    Path cut = folder.resolve("cut");
    assertEquals(RunRecord.Status.INTERRUPTED, TinyRuns.interrupted(cut, settings, 6).status());
    RunRecord resumed = TinyRuns.trainer(cut, settings).resume();
    assertEquals(whole.trainedSha256(), resumed.trainedSha256());
    assertEquals(Optional.of(true), resumed.settings().splitEveryEpoch());
    assertTrue(Files.readString(cut.resolve("run.json")).contains("\"split_every_epoch\" : true"));
    assertNotEquals(
        whole.trainedSha256(),
        TinyRuns.trainer(folder.resolve("one"), TinyRuns.settings(TinyRuns.FIRST_ORDER))
            .train()
            .trainedSha256());
  }

  private static void assertRefused(String reason, Dataset data, TrainingSettings settings) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> TrainingData.of(TinyRuns.model(), data, settings));
    assertTrue(refused.getMessage().startsWith("splitEveryEpoch is true; "), refused.getMessage());
    assertTrue(refused.getMessage().contains(reason), refused.getMessage());
  }

  @Test
  void whatHasNoSplitOrNeedsOneForAllIsRefused() {
    Dataset data = TinyRuns.DATA;
    assertRefused("method lora does not learn from a D1 and a D2", data, settings(TinyRuns.LORA));
    assertRefused("method two-stage does not learn from", data, settings(TwoStage.USUAL));
    assertRefused("something of each example of D1", data, settings(ExampleWeight.USUAL));
    TrainingSettings bilora = settings(TinyRuns.FIRST_ORDER);
    assertRefused(
        "selection is d2",
        data,
        TrainingSettingsBuilder.builder(bilora).selection(Optional.of(Selection.D2)).build());
    assertRefused(
        "batchTokens",
        data,
        TrainingSettingsBuilder.builder(bilora).batchTokens(OptionalInt.of(200)).build());
    Dataset given =
        new Dataset(
            data.task(),
            ImmutableMap.of(
                Dataset.TRAIN, data.split(Dataset.TRAIN).subList(0, 30),
                Dataset.D2, data.split(Dataset.TRAIN).subList(30, 40),
                Dataset.DEV, data.split(Dataset.DEV)),
            "two files",
            "given");
    assertRefused("two files itself says which examples are D2", given, bilora);

    IllegalArgumentException files =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TrainingData.of(
                    TinyDecoders.model(0, 3),
                    TinySequences.DATA,
                    every(TinySequences.settings(TinyRuns.FIRST_ORDER, 1, 24))));
    assertTrue(files.getMessage().contains("has files of its own for D1 and D2"));
  }
}
