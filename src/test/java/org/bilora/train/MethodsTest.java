package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.FirstOrder;
import org.bilora.data.Batch;
import org.bilora.data.Dataset;
import org.bilora.data.EncodedSet;
import org.bilora.data.EvaluationBatches;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.JointTraining;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.TwoStage;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.model.TinyEncoders;
import org.bilora.step.FineTuning;
import org.bilora.step.NetworkFineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method must keep. */
class MethodsTest {
  private static final Method JOINT = new JointTraining(Lambda.BINARY, 0.02, 0.1, 0.1);
  static final Method TWO_STAGE = new TwoStage(Lambda.SOFTMAX, 0.02, 0.1, 0.1, 0.75, 0.4);
  static final Method WITH_LAST_PHASE =
      BiLoraBuilder.builder(TinyRuns.bilora(new FirstOrder()))
          .lastPhaseShare(OptionalDouble.of(0.4))
          .build();

  /** Logits of {@link #devBatch}. */
  private static float[][] pretrained;

  @TempDir Path folder;

  /** One of each kind: some with settings of their own, the others as the list has them. */
  static Stream<Method> methods() {
    List<Method> own =
        List.of(TinyRuns.LORA, AdaLoraTest.METHOD, JOINT, TWO_STAGE, WITH_LAST_PHASE);
    return Stream.concat(
        own.stream(),
        Methods.all().values().stream()
            .filter(method -> own.stream().noneMatch(set -> set.getClass() == method.getClass())));
  }

  @BeforeAll
  static void computePretrainedFunction() {
    PretrainedEncoder model = TinyRuns.model();
    try (FineTuning plain = open(model, TinyRuns.settings(HeadOnly.USUAL))) {
      pretrained = plain.logits(devBatch(model));
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void trainingStartsFromThePretrainedFunction(Method method) {
    PretrainedEncoder model = TinyRuns.model();
    TrainingSettings settings = TinyRuns.settings(method);
    try (FineTuning fresh = open(model, settings);
        FineTuning again = open(model, settings)) {
      float[][] logits = fresh.logits(devBatch(model));
      for (int row = 0; row < pretrained.length; row++) {
        assertArrayEquals(pretrained[row], logits[row], 1e-6f);
      }
      assertEquals(fresh.trainedSha256(), again.trainedSha256(), "drawn from the seed");
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aRunKeepsFrozenWeightsAndGoesOnBitForBit(Method method) throws IOException {
    TrainingSettings settings = TinyRuns.settings(method);
    Path whole = folder.resolve("whole");
    Map<Long, Path> cuts = new TreeMap<>();
    RunRecord run = trainer(whole, settings, powerCuts(whole, cuts)).train();
    EpochRecord last = run.epochs().get(run.epochs().size() - 1);
    assertEquals(run.totalSteps(), last.step());
    assertEquals(Optional.of(run.frozenSha256Before()), run.frozenSha256After());
    assertEquals(run, RunRecord.read(whole));
    assertEquals(3, cuts.size());
    for (Map.Entry<Long, Path> cut : cuts.entrySet()) {
      RunRecord resumed = trainer(cut.getValue(), settings).resume();
      String when = "cut after step " + cut.getKey();
      assertEquals(run.trainedSha256(), resumed.trainedSha256(), when);
      assertEquals(state(whole), state(cut.getValue()), when);
    }
    try (TrainedRun trained = TrainedRun.open(whole, name -> small())) {
      assertEquals(
          run.best().orElseThrow().value(),
          trained.evaluate(TinyRuns.DATA, Dataset.DEV).metrics().get(run.task().primaryMetric()));
    }
  }

  /** With one layer a step is built in half the time. */
  private static PretrainedEncoder small() {
    return TinyEncoders.bertOfOneLayer(3);
  }

  private static Trainer trainer(
      Path directory, TrainingSettings settings, TrainingListener... listeners) {
    return new Trainer(
        small(), TinyRuns.DATA, settings, directory, TinyRuns.BY_THREE_STEPS, listeners);
  }

  /**
   * Keeps what a power cut would leave: within the first epoch, at the end of the second, and
   * within the third.
   *
   * @param cuts gets directories by the step before the cut
   */
  private TrainingListener powerCuts(Path run, Map<Long, Path> cuts) {
    return new TrainingListener() {
      @Override
      public void stepFinished(Progress progress) {
        long step = progress.step();
        long perEpoch = progress.totalSteps() / 3;
        if (step == perEpoch - 1 || step == 2 * perEpoch || step == 2 * perEpoch + 2) {
          cuts.put(step, copyOf(run, "cut" + step));
        }
      }
    };
  }

  /** The lock is left out: to read it would give it up. */
  private Path copyOf(Path run, String name) {
    Path copy = folder.resolve(name);
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(run, file -> !file.endsWith(RunLock.FILE))) {
      Files.createDirectory(copy);
      for (Path file : files) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copy;
  }

  /**
   * With β₁ = β₂ = 0, no decay and ε = 1 AdamW moves a weight by η g / (|g| + 1), from which g is
   * read back.
   */
  @Test
  void fullFineTuningMovesEveryWeightByItsGradient() {
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(5);
    TrainingSettings settings =
        TinyRuns.settings(FullFineTuning.USUAL, new OptimizerSettings(1, 0, 0, 0, 1, 0, 0), 0);
    try (FineTuning fineTuning = open(model, settings)) {
      Batch batch = devBatch(model);
      Map<String, HostTensor> before = fineTuning.state();
      float rate = 0.25f;
      fineTuning.step(StepBatches.moveLower(batch), new StepRates(0, rate, 0, 0));
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
  void headOnlyTrainsTheHeadAlone() {
    PretrainedEncoder model = TinyEncoders.bert(5);
    try (FineTuning fineTuning = open(model, TinyRuns.settings(HeadOnly.USUAL))) {
      assertEquals(
          java.util.Set.of("lower/classifier.weight", "lower/classifier.bias"),
          fineTuning.trained().keySet());
      assertEquals(NetworkFineTuning.sha256(model.weights()), fineTuning.frozenSha256());
    }
  }

  /** Read back from AdamW as for full fine-tuning; the objective is summed up in plain Java. */
  @Test
  void jointTrainingDescendsTheWholeObjectiveInBothGroups() {
    PretrainedEncoder model = TinyEncoders.bertWithoutDropout(5);
    TrainingSettings settings =
        TinyRuns.settings(JOINT, new OptimizerSettings(1, 0, 0, 0, 1, 0, 0), 0);
    try (FineTuning fineTuning = open(model, settings)) {
      Batch batch = devBatch(model);
      Map<String, HostTensor> before = new HashMap<>(fineTuning.state());
      Random random = new Random(3);
      for (String name : fineTuning.trained().keySet()) {
        float[] values = before.get(name).values().clone();
        for (int i = 0; i < values.length; i++) {
          values[i] += (float) (0.3 * random.nextGaussian());
        }
        before.put(name, HostTensor.of(values, before.get(name).shape()));
      }
      fineTuning.restore(before);
      float rate = 0.25f;
      fineTuning.step(StepBatches.moveBoth(batch), new StepRates(0, rate, rate, 0));
      Map<String, HostTensor> after = fineTuning.trained();
      for (String name : after.keySet()) {
        float[] old = before.get(name).values();
        for (int i = 0; i < Math.min(old.length, 3); i++) {
          double change = (old[i] - after.get(name).values()[i]) / rate;
          double expected =
              (objective(fineTuning, before, name, i, 0.01f, batch)
                      - objective(fineTuning, before, name, i, -0.01f, batch))
                  / 0.02;
          assertEquals(
              expected, change / (1 - Math.abs(change)), 0.003 + 0.02 * Math.abs(expected), name);
        }
      }
    }
  }

  /** C + γ₁ R₁ + γ₂ R₂ with one value shifted. */
  private static double objective(
      FineTuning fineTuning,
      Map<String, HostTensor> state,
      String name,
      int index,
      float shift,
      Batch batch) {
    double objective = lossAt(fineTuning, state, name, index, shift, batch);
    for (Map.Entry<String, HostTensor> entry : fineTuning.trained().entrySet()) {
      float[] values = entry.getValue().values();
      if (entry.getKey().endsWith(".P") || entry.getKey().endsWith(".Q")) {
        boolean columns = entry.getKey().endsWith(".P");
        int size = values.length / 2;
        for (int a = 0; a < 2; a++) {
          for (int b = 0; b < 2; b++) {
            double product = a == b ? -1 : 0;
            for (int i = 0; i < size; i++) {
              product +=
                  columns
                      ? (double) values[2 * i + a] * values[2 * i + b]
                      : (double) values[a * size + i] * values[b * size + i];
            }
            objective += 0.1 * product * product;
          }
        }
      } else if (entry.getKey().endsWith(".e")) {
        for (float e : values) {
          double lambda = 1 / (1 + Math.exp(-e));
          objective -= 0.1 * (lambda * Math.log(lambda) + (1 - lambda) * Math.log(1 - lambda));
        }
      }
    }
    return objective;
  }

  private static FineTuning open(PretrainedEncoder model, TrainingSettings settings) {
    return FineTuning.open(
        model,
        new EncoderHead(model.config(), model.pooling(), TinyRuns.DATA.task().outputs()),
        TargetModules.match(model.config(), settings.adapter().targets()),
        settings.step().withLowerExamples(TinyRuns.DATA.split(Dataset.TRAIN).size()));
  }

  private static Batch devBatch(PretrainedEncoder model) {
    return EvaluationBatches.of(
            EncodedSet.of(model.tokenizer(), TinyRuns.DATA.split(Dataset.DEV), 16).examples(), 8)
        .get(0);
  }

  private static String state(Path directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.read(new RunDirectory(directory).checkpoint());
    return NetworkFineTuning.sha256(checkpoint.state())
        + NetworkFineTuning.sha256(checkpoint.best());
  }
}
