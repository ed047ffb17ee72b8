package org.bilora.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.TinyTasks;
import org.bilora.eval.Evaluation;
import org.bilora.eval.Prediction;
import org.bilora.model.TinyEncoders;
import org.bilora.step.NetworkFineTuning;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainedRunTest {
  @TempDir static Path shared;
  private static RunRecord record;

  @TempDir Path folder;
  private Path run;

  @BeforeAll
  static void train() throws IOException {
    record =
        TinyRuns.trainer(shared.resolve("run"), TinyRuns.settings(TinyRuns.FIRST_ORDER)).train();
  }

  @BeforeEach
  void copy() throws IOException {
    run = Files.createDirectory(folder.resolve("run"));
    for (String file : List.of("run.json", "trained.safetensors")) {
      Files.copy(shared.resolve("run").resolve(file), run.resolve(file));
    }
  }

  private TrainedRun open() throws IOException {
    return TrainedRun.open(run, name -> TinyRuns.model());
  }

  @Test
  void manyThreadsAskAtOnceAndAreAnsweredAsOne() throws Exception {
    List<Example> texts = TinyRuns.DATA.split(Dataset.DEV);
    List<Prediction> expected;
    try (TrainedRun alone = open()) {
      expected = alone.predict(texts);
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (TrainedRun trained = open()) {
      List<Callable<List<Prediction>>> calls =
          Collections.nCopies(24, () -> trained.predict(texts));
      for (Future<List<Prediction>> answer : threads.invokeAll(calls)) {
        assertEquals(expected, answer.get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void evaluationRepeatsTheBestEpochsMetrics() throws IOException {
    try (TrainedRun trained = open()) {
      Evaluation evaluation = trained.evaluate(TinyRuns.DATA, Dataset.DEV);
      EpochRecord best = record.bestEpoch().orElseThrow();
      assertEquals(best.metrics(), evaluation.metrics());
      assertEquals(best.devLoss(), evaluation.loss());
      assertEquals(Optional.of(record), trained.record());
      assertEquals(
          record.trainedSha256().orElseThrow(), NetworkFineTuning.sha256(trained.trained()));
    }
  }

  @Test
  void predictionsAreTheSoftmaxOfTheLogitsInTheOrderOfTheTexts() throws IOException {
    List<Example> texts = TinyRuns.DATA.split(Dataset.DEV);
    try (TrainedRun trained = open()) {
      float[][] logits = trained.logits(texts);
      List<Prediction> predictions = trained.predict(texts);
      assertEquals(texts.size(), predictions.size());
      for (int i = 0; i < texts.size(); i++) {
        double with = 1 / (1 + Math.exp((double) logits[i][0] - logits[i][1]));
        Prediction prediction = predictions.get(i);
        assertEquals(with, prediction.probabilities().get("with"), 1e-12);
        assertEquals(
            Math.max(with, 1 - with), (double) prediction.columns().get("probability"), 1e-12);
        assertEquals(Optional.of(with > 0.5 ? "with" : "without"), prediction.label());
        // One text alone is padded differently, which moves the last digits.
        assertArrayEquals(logits[i], trained.logits(List.of(texts.get(i)))[0], 1e-5f);
      }
    }
  }

  @Test
  void textsAndDataOfAnotherKindAreRefused() throws IOException {
    try (TrainedRun trained = open()) {
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> trained.predict(List.of(Example.of("a", "b"))))
              .getMessage()
              .startsWith("text 1 has a second text"));
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> trained.evaluate(TinyTasks.scores(4, 4, 1), Dataset.DEV))
              .getMessage()
              .contains("tiny-scores (regression; pairs of texts)"));
    }
  }

  @Test
  void aMissingRunOrFileIsNamed() throws IOException {
    assertTrue(refused().isEmpty());
    Files.delete(run.resolve("trained.safetensors"));
    assertTrue(refused().orElseThrow().contains("trained.safetensors is missing"));
    Files.delete(run.resolve("run.json"));
    assertTrue(refused().orElseThrow().contains("holds no run: run.json is missing"));
    Files.delete(run);
    assertTrue(refused().orElseThrow().contains("is not a directory"));
  }

  @Test
  void truncatedOrOtherValuesAreNoticed() throws IOException {
    Path values = run.resolve("trained.safetensors");
    byte[] bytes = Files.readAllBytes(values);
    Files.write(values, Arrays.copyOf(bytes, bytes.length - 4));
    assertTrue(refused().orElseThrow().contains("trained.safetensors"));
    bytes[bytes.length - 1] ^= 1;
    Files.write(values, bytes);
    assertTrue(refused().orElseThrow().contains("holds other values than run.json says"));
  }

  @Test
  void valuesOfAnotherShapeAreNamedEvenWhenTheHashWasAdjusted() throws IOException {
    Path values = run.resolve("trained.safetensors");
    Map<String, HostTensor> tensors = new HashMap<>(Safetensors.read(values).tensors());
    tensors.put("lower/classifier.bias", HostTensor.of(new float[3], 3));
    Safetensors.write(values, tensors, Map.of());
    String json = Files.readString(run.resolve("run.json"));
    Files.writeString(
        run.resolve("run.json"),
        json.replace(record.trainedSha256().orElseThrow(), NetworkFineTuning.sha256(tensors))
            .replaceFirst(",\\s*\"record_sha256\"[^}]*", ""));
    assertTrue(refused().orElseThrow().contains("lower/classifier.bias"));
  }

  @Test
  void anotherModelIsRefused() {
    assertTrue(
        assertThrows(IOException.class, () -> TrainedRun.open(run, name -> TinyEncoders.bert(4)))
            .getMessage()
            .contains("which has the hash tiny-4 now"));
  }

  /** The one line that opening the run ends with; empty when it opens. */
  private Optional<String> refused() {
    try {
      open().close();
      return Optional.empty();
    } catch (IOException e) {
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      return Optional.of(e.getMessage());
    }
  }
}
