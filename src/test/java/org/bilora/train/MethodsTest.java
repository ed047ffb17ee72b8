package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method must keep. */
class MethodsTest {
  @TempDir Path folder;

  /** One of each kind. */
  static Stream<Method> methods() {
    return Stream.of(
        TrainingDefaults.FULL, TrainingDefaults.HEAD, TinyRuns.LORA, TinyRuns.FIRST_ORDER);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void trainingStartsFromThePretrainedFunction(Method method) {
    PretrainedEncoder model = TinyRuns.model();
    try (FineTuning fresh = open(model, TinyRuns.settings(method));
        FineTuning plain = open(model, TinyRuns.settings(TrainingDefaults.HEAD))) {
      Batch batch = devBatch(model);
      float[][] expected = plain.logits(batch);
      float[][] logits = fresh.logits(batch);
      for (int row = 0; row < expected.length; row++) {
        assertArrayEquals(expected[row], logits[row], 1e-6f);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunKeepsFrozenWeightsAndGoesOnBitForBit(Method method) throws IOException {
    TrainingSettings settings = TinyRuns.settings(method);
    Path whole = folder.resolve("whole");
    RunRecord run = TinyRuns.trainer(whole, settings).train();
    assertEquals(Optional.of(run.frozenSha256Before()), run.frozenSha256After());
    assertEquals(run, RunRecord.read(whole));
    int perEpoch = Math.toIntExact(run.totalSteps() / 3);
    for (int cut : new int[] {perEpoch - 1, 2 * perEpoch, 2 * perEpoch + 2}) {
      Path directory = folder.resolve("cut" + cut);
      TrainingListener powerCut =
          new TrainingListener() {
            @Override
            public void stepFinished(Progress progress) {
              if (progress.step() == cut) {
                throw new AssertionError("power cut");
              }
            }
          };
      assertThrows(
          AssertionError.class, () -> TinyRuns.trainer(directory, settings, powerCut).train());
      RunRecord resumed = TinyRuns.trainer(directory, settings).resume();
      assertEquals(run.trainedSha256(), resumed.trainedSha256(), "cut after step " + cut);
      assertEquals(state(whole), state(directory), "cut after step " + cut);
    }
    try (TrainedRun trained = TrainedRun.open(whole, name -> TinyRuns.model())) {
      assertEquals(
          run.best().orElseThrow().value(),
          trained.evaluate(TinyRuns.DATA, Dataset.DEV).metrics().get(run.task().primaryMetric()));
    }
  }

  /**
   * With β₁ = β₂ = 0, no decay and ε = 1 AdamW moves a weight by η g / (|g| + 1), from which g is
   * read back.
   */
  @Test
  void fullFineTuningMovesEveryWeightByItsGradient() {
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(5);
    TrainingSettings settings =
        TinyRuns.settings(TrainingDefaults.FULL, new OptimizerSettings(1, 0, 0, 0, 1, 0, 0), 0);
    try (FineTuning fineTuning = open(model, settings)) {
      Batch batch = devBatch(model);
      Map<String, HostTensor> before = fineTuning.state();
      float rate = 0.25f;
      fineTuning.step(List.of(batch), List.of(), new StepRates(0, rate, 0, 0));
      Map<String, HostTensor> after = fineTuning.trained();
      int moved = 0;
      for (String name : after.keySet()) {
        float[] old = before.get(name).values();
        int largest = 0;
        double[] gradient = new double[old.length];
        for (int i = 0; i < old.length; i++) {
          double change = (old[i] - after.get(name).values()[i]) / rate;
          gradient[i] = change / (1 - Math.abs(change));
          largest = Math.abs(gradient[i]) > Math.abs(gradient[largest]) ? i : largest;
        }
        // Keys add the same to every score of a query, so their bias has no gradient.
        moved += Math.abs(gradient[largest]) > 1e-4 ? 1 : 0;
        double expected =
            (lossAt(fineTuning, before, name, largest, 0.01f, batch)
                    - lossAt(fineTuning, before, name, largest, -0.01f, batch))
                / 0.02;
        assertEquals(expected, gradient[largest], 0.002 + 0.02 * Math.abs(expected), name);
      }
      assertEquals(after.size() - 2, moved);
    }
  }

  private static double lossAt(
      FineTuning fineTuning,
      Map<String, HostTensor> state,
      String name,
      int index,
      float shift,
      Batch batch) {
    Map<String, HostTensor> shifted = new HashMap<>(state);
    float[] values = state.get(name).values().clone();
    values[index] += shift;
    shifted.put(name, HostTensor.of(values, state.get(name).shape()));
    fineTuning.restore(shifted);
    return fineTuning.loss(batch);
  }

  @Test
  void fullFineTuningFreezesNothingAndSparesBiasesAndNormsTheDecay() {
    PretrainedEncoder model = TinyEncoders.fineTunedBert(2, 5);
    EncoderHead head = new EncoderHead(model.config(), model.pooling(), 2);
    Trainables trainables =
        new Trainables(
            model, head, TrainingDefaults.FULL, TrainingDefaults.ADAPTER, List.of("query"), 1);
    assertEquals(List.of(), trainables.modules());
    assertTrue(model.weights().keySet().stream().allMatch(trainables::trains));
    trainables
        .lower()
        .parameters()
        .forEach(
            parameter -> {
              boolean matrix = parameter.shape().length == 2;
              assertEquals(matrix, parameter.decayed(), parameter.name());
            });
  }

  @Test
  void headOnlyTrainsTheHeadAlone() {
    PretrainedEncoder model = TinyEncoders.bert(5);
    try (FineTuning fineTuning = open(model, TinyRuns.settings(TrainingDefaults.HEAD))) {
      assertEquals(
          java.util.Set.of("lower/classifier.weight", "lower/classifier.bias"),
          fineTuning.trained().keySet());
      assertEquals(EncoderFineTuning.sha256(model.weights()), fineTuning.frozenSha256());
    }
  }

  private static FineTuning open(PretrainedEncoder model, TrainingSettings settings) {
    return EncoderFineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs()),
        TargetModules.match(model.config(), settings.adapter().targets()),
        settings);
  }

  private static Batch devBatch(PretrainedEncoder model) {
    return EvaluationBatches.of(
            EncodedSet.of(model.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(), 8)
        .get(0);
  }

  private static String state(Path directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(new RunDirectory(directory).checkpoint());
    return EncoderFineTuning.sha256(checkpoint.state())
        + EncoderFineTuning.sha256(checkpoint.best());
  }
}
