package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EvaluationBatches;
import org.bilora.data.LanguageModelDataset;
import org.bilora.data.MetricName;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.JointTraining;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.TwoStage;
import org.bilora.model.TinyDecoders;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.NetworkFineTuning;
import org.bilora.step.StepResult;
import org.bilora.step.TinySequences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LanguageModelTrainerTest {
  private static final int MAX_LENGTH = 20;

  @TempDir private Path folder;

  static Stream<Method> methods() {
    return Stream.of(
        FullFineTuning.USUAL,
        TinyRuns.LORA,
        AdaLoraTest.METHOD,
        JointTraining.USUAL,
        TwoStage.USUAL,
        TinyRuns.FIRST_ORDER);
  }

  private static Trainer trainer(
      Path directory, TrainingSettings settings, TrainingListener... listeners) {
    return new Trainer(
        TinyDecoders.model(0.1, 3),
        TinySequences.DATA,
        settings,
        directory,
        TinyRuns.BY_THREE_STEPS,
        listeners);
  }

  private static final class Warnings implements TrainingListener {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void warned(String message) {
      lines.add(message);
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunLowersTheLossAndGoesOnBitForBit(Method method) throws IOException {
    TrainingSettings settings = TinySequences.settings(method, 2, MAX_LENGTH);
    Path whole = folder.resolve("whole");
    RunRecord run = trainer(whole, settings).train();
    assertEquals(RunRecord.Status.FINISHED, run.status());
    assertEquals(Optional.of(run.frozenSha256Before()), run.frozenSha256After());
    assertEquals(run, RunRecord.read(whole));
    double start = start(settings);
    EpochRecord best = run.bestEpoch().orElseThrow();
    assertTrue(best.devLoss() < start - 0.05, best.devLoss() + " from " + start);
    assertEquals(Math.exp(best.devLoss()), best.metrics().get(MetricName.PERPLEXITY), 1e-9);
    assertEquals(
        run.epochs().stream().mapToDouble(EpochRecord::devLoss).min().orElseThrow(),
        best.devLoss());
    int cut = Math.toIntExact(run.totalSteps() / 2 + 2);
    Path directory = folder.resolve("cut");
    TrainingListener powerCut =
        new TrainingListener() {
          @Override
          public void stepFinished(Progress progress) {
            if (progress.step() == cut) {
              throw new AssertionError("power cut");
            }
          }
        };
    assertThrows(AssertionError.class, () -> trainer(directory, settings, powerCut).train());
    RunRecord resumed = trainer(directory, settings).resume();
    assertEquals(run.trainedSha256(), resumed.trainedSha256());
    assertEquals(state(whole), state(directory));
    evaluationAndMergedWeightsAgree(whole, best);
  }

  private static double start(TrainingSettings settings) {
    try (FineTuning fresh =
        FineTuning.open(
            TinyDecoders.model(0.1, 3), List.of("h.0.attn.c_attn.query"), settings.step())) {
      return org.bilora.eval.LanguageModelEvaluation.of(
              TinySequences.DATA.cut(Dataset.DEV, MAX_LENGTH).examples(),
              settings.batches(),
              fresh::loss)
          .loss();
    }
  }

  private static void evaluationAndMergedWeightsAgree(Path run, EpochRecord best)
      throws IOException {
    try (TrainedLanguageModel trained =
        TrainedLanguageModel.open(run, name -> TinyDecoders.model(0.1, 3))) {
      assertEquals(best.devLoss(), trained.evaluate(TinySequences.DATA, Dataset.DEV).loss());
      Batch batch =
          EvaluationBatches.ofSequences(
                  TinySequences.DATA.cut(Dataset.DEV, MAX_LENGTH).examples(),
                  org.bilora.data.BatchSize.rows(4))
              .get(5);
      TrainingSettings settings = trained.settings();
      Map<String, org.bilora.weights.HostTensor> values =
          Checkpoint.read(run.resolve("checkpoint.safetensors")).best();
      try (FineTuning adapters =
              FineTuning.open(
                  TinyDecoders.model(0.1, 3),
                  org.bilora.model.TargetModules.match(
                      trained.merged(), settings.adapter().targets()),
                  settings.step());
          FineTuning merged =
              FineTuning.open(
                  trained.merged(),
                  List.of(),
                  TinySequences.settings(FullFineTuning.USUAL, 1, 20).step())) {
        adapters.restoreTrained(values);
        float[][] expected = adapters.logits(batch);
        float[][] actual = merged.logits(batch);
        for (int row = 0; row < expected.length; row++) {
          assertArrayEquals(expected[row], actual[row], 1e-4f);
        }
      }
    }
  }

  private static String state(Path directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(directory.resolve("checkpoint.safetensors"));
    return NetworkFineTuning.sha256(checkpoint.state())
        + NetworkFineTuning.sha256(checkpoint.best());
  }

  @Test
  void theExactStepCompiledByXlaIsTheUncompiledOne() throws IOException {
    TrainingSettings off = TinySequences.settings(TinyRuns.BILORA, 1, MAX_LENGTH);
    TrainingSettings on =
        off.withExecution(
            new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.ON));
    StepResult expected = secondStep(folder.resolve("off"), off);
    StepResult compiled = secondStep(folder.resolve("on"), on);
    assertEquals(expected.lowerLoss().orElseThrow(), compiled.lowerLoss().orElseThrow(), 1e-4);
    assertEquals(expected.upperLoss().orElseThrow(), compiled.upperLoss().orElseThrow(), 1e-4);
    // AdamW's first step moves values whose gradient is mere rounding as far as any other.
    assertEquals(
        1,
        compiled.lowerGradientNorm().orElseThrow() / expected.lowerGradientNorm().orElseThrow(),
        0.01);
    assertEquals(
        1,
        compiled.upperGradientNorm().orElseThrow() / expected.upperGradientNorm().orElseThrow(),
        0.01);
    assertTrue(expected.upperGradientNorm().orElseThrow() > 0);
  }

  @Test
  void productsInBfloat16ComeNearThoseInFloat32() throws IOException {
    TrainingSettings full = TinySequences.settings(TinyRuns.BILORA, 1, MAX_LENGTH);
    TrainingSettings brief =
        full.withExecution(
            new ExecutionSettings(ExecutionSettings.Precision.BF16, ExecutionSettings.Jit.OFF));
    StepResult expected = secondStep(folder.resolve("f32"), full);
    StepResult actual = secondStep(folder.resolve("bf16"), brief);
    assertEquals(expected.lowerLoss().orElseThrow(), actual.lowerLoss().orElseThrow(), 0.1);
    assertEquals(expected.upperLoss().orElseThrow(), actual.upperLoss().orElseThrow(), 0.1);
    assertEquals(
        1,
        actual.lowerGradientNorm().orElseThrow() / expected.lowerGradientNorm().orElseThrow(),
        0.2);
  }

  @Test
  void theSizeOfARunIsKnownBeforeIt() throws IOException {
    TrainingSettings settings = TinySequences.settings(TinyRuns.LORA, 2, MAX_LENGTH);
    RunSize size = RunSize.of(TinyDecoders.model(0.1, 3), TinySequences.DATA, settings);
    assertEquals(trainer(folder.resolve("run"), settings).train().totalSteps(), size.steps());
    assertEquals(2, size.shapes());
    assertTrue(size.tokensPerStep() <= 64);
  }

  /** After the first, in which ΔW is 0. */
  private static StepResult secondStep(Path directory, TrainingSettings settings)
      throws IOException {
    List<StepResult> results = new ArrayList<>();
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void stepFinished(Progress progress) {
            results.add(progress.result());
            if (progress.step() == 2) {
              throw new AssertionError("enough");
            }
          }
        };
    assertThrows(AssertionError.class, () -> trainer(directory, settings, stop).train());
    return results.get(1);
  }

  @Test
  void methodsOnTwoLevelsHaveTheDevSplitAsD2AndSaySo() throws IOException {
    Warnings two = new Warnings();
    RunRecord run =
        trainer(
                folder.resolve("two"),
                TinySequences.settings(TinyRuns.FIRST_ORDER, 1, MAX_LENGTH),
                two)
            .train();
    assertEquals(60, run.examples().lower());
    assertEquals(24, run.examples().upper());
    assertTrue(two.lines.get(0).startsWith("D2 is the dev split"), two.lines.toString());
    Warnings one = new Warnings();
    RunRecord single =
        trainer(folder.resolve("one"), TinySequences.settings(TinyRuns.LORA, 1, MAX_LENGTH), one)
            .train();
    assertEquals(60, single.examples().lower());
    assertEquals(0, single.examples().upper());
    assertEquals(List.of(), one.lines);
  }

  @Test
  void cutTextsAreCounted() throws IOException {
    Warnings warnings = new Warnings();
    RunRecord run =
        trainer(folder.resolve("run"), TinySequences.settings(TinyRuns.LORA, 1, 9), warnings)
            .train();
    assertTrue(run.examples().trainTruncated() > 0);
    assertTrue(
        warnings
            .lines
            .get(0)
            .matches(
                "\\d+ training and \\d+ dev texts are cut to 9 tokens; \\d+ of them, whose contexts"
                    + " alone are longer, are left out"),
        warnings.lines.toString());
    assertTrue(run.examples().lower() < 60);
  }

  @Test
  void plainBlocksAreLearntByAllWeights() throws IOException {
    LanguageModelDataset blocks =
        LanguageModelDataset.blocks(
            "text",
            Map.of(
                Dataset.TRAIN,
                IntStream.range(0, 400).map(i -> i % 7).toArray(),
                Dataset.DEV,
                IntStream.range(0, 60).map(i -> i % 7).toArray()),
            12,
            "made up",
            "b10c");
    RunRecord run =
        new Trainer(
                TinyDecoders.model(0, 3),
                blocks,
                TinySequences.settings(FullFineTuning.USUAL, 4, 12),
                folder.resolve("run"),
                TinyRuns.BY_EPOCH)
            .train();
    double last = run.epochs().get(3).devLoss();
    assertTrue(last < run.epochs().get(0).devLoss() && last < 1, "loss " + last);
  }

  @Test
  void theHeadAloneCannotBeTrainedAndNothingIsWritten() {
    Path directory = folder.resolve("run");
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    trainer(directory, TinySequences.settings(HeadOnly.USUAL, 1, MAX_LENGTH))
                        .train())
            .getMessage()
            .startsWith("method is 'head', but a language model has no head"));
    assertFalse(Files.exists(directory));
  }

  @Test
  void aRunIsOpenedAsWhatItIs() throws IOException {
    Path language = folder.resolve("language");
    trainer(language, TinySequences.settings(TinyRuns.LORA, 1, MAX_LENGTH)).train();
    assertTrue(
        assertThrows(IOException.class, () -> TrainedRun.open(language))
            .getMessage()
            .contains("trained a language model (task echo)"));
    Path encoder = folder.resolve("encoder");
    TinyRuns.trainer(encoder, TinyRuns.settings(TinyRuns.LORA, OptimizerSettings.USUAL, 1, 1))
        .train();
    assertTrue(
        assertThrows(IOException.class, () -> TrainedLanguageModel.open(encoder))
            .getMessage()
            .contains("trained an encoder"));
  }
}
