package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;

class BatcherTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private static Path folder;

  private static ServedExport export;
  private static GraphSignature signature;

  @BeforeAll
  static void open() throws IOException {
    export =
        ServedExport.open(
            TinyExports.write(folder, TinyExports.Texts.NONE, 2, 1, 1), Optional.empty());
    signature = export.signature(ServedSignature.DEFAULT).graph();
  }

  @AfterAll
  static void close() {
    export.close();
  }

  /** Rows of the same ids. */
  private static Map<String, Values> request(int rows, int... ids) {
    int[] all = new int[rows * ids.length];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(ids, 0, all, row * ids.length, ids.length);
    }
    int[] ones = new int[all.length];
    Arrays.fill(ones, 1);
    Shape shape = Shape.of(rows, ids.length);
    return ImmutableMap.of(
        "input_ids", new Values(ElementType.INT32, shape, all),
        "attention_mask", new Values(ElementType.INT32, shape, ones),
        "token_type_ids", new Values(ElementType.INT32, shape, new int[all.length]));
  }

  private static float[] logits(Map<String, Values> outputs) {
    return (float[]) outputs.get("logits").elements();
  }

  private static String histogram(ServerMetrics metrics, String line) {
    return new String(metrics.text(), StandardCharsets.UTF_8)
        .lines()
        .filter(text -> text.startsWith(line + " "))
        .findFirst()
        .orElse(line + " missing");
  }

  @Test
  void requestsOfSimilarLengthShareARunAndKeepTheirAnswers() throws Exception {
    ServerMetrics metrics = new ServerMetrics("m", 1);
    List<Map<String, Values>> requests =
        List.of(
            request(1, 2, 6, 7, 8, 3),
            request(2, 2, 6, 7, 8, 9, 10, 11, 3),
            request(1, 2, 12, 6, 7, 8, 3));
    try (Batcher batcher = new Batcher(4, LONG, 100, metrics)) {
      List<CompletableFuture<Map<String, Values>>> answers = new ArrayList<>();
      for (Map<String, Values> request : requests) {
        answers.add(batcher.submit(signature, request));
      }
      for (int i = 0; i < requests.size(); i++) {
        assertArrayEquals(
            logits(signature.run(requests.get(i))),
            logits(answers.get(i).get(10, TimeUnit.SECONDS)),
            1e-5f);
      }
    }
    assertEquals(
        "bilora_serve_batch_rows_count 1", histogram(metrics, "bilora_serve_batch_rows_count"));
    assertEquals(
        "bilora_serve_batch_rows_sum 4.0", histogram(metrics, "bilora_serve_batch_rows_sum"));
  }

  @Test
  void requestsOfOtherLengthsDoNotShareARun() throws Exception {
    ServerMetrics metrics = new ServerMetrics("m", 1);
    try (Batcher batcher = new Batcher(4, Duration.ofMillis(50), 100, metrics)) {
      var shorter = batcher.submit(signature, request(1, 2, 6, 3));
      var longer = batcher.submit(signature, request(1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 3));
      shorter.get(10, TimeUnit.SECONDS);
      longer.get(10, TimeUnit.SECONDS);
    }
    assertEquals(
        "bilora_serve_batch_rows_count 2", histogram(metrics, "bilora_serve_batch_rows_count"));
  }

  @Test
  void aLoneRequestWaitsNoLongerThanTheDelay() throws Exception {
    try (Batcher batcher = new Batcher(4, Duration.ofMillis(20), 100, new ServerMetrics("m", 1))) {
      long start = System.nanoTime();
      batcher.submit(signature, request(1, 2, 6, 3)).get(10, TimeUnit.SECONDS);
      assertTrue(System.nanoTime() - start < 5_000_000_000L);
    }
  }

  @Test
  void aRequestOfManyRowsIsRunInParts() throws Exception {
    ServerMetrics metrics = new ServerMetrics("m", 1);
    try (Batcher batcher = new Batcher(4, Duration.ZERO, 100, metrics)) {
      float[] logits =
          logits(batcher.submit(signature, request(11, 2, 6, 3)).get(10, TimeUnit.SECONDS));
      float[] one = logits(signature.run(request(1, 2, 6, 3)));
      assertEquals(22, logits.length);
      for (int i = 0; i < logits.length; i++) {
        assertEquals(one[i % 2], logits[i], 1e-5f);
      }
    }
    assertEquals(
        "bilora_serve_batch_rows_count 3", histogram(metrics, "bilora_serve_batch_rows_count"));
  }

  @Test
  void aRequestThatCannotBeRunSpoilsNoOther() throws Exception {
    try (Batcher batcher = new Batcher(3, LONG, 100, new ServerMetrics("m", 1))) {
      var good = batcher.submit(signature, request(1, 2, 6, 3));
      var bad = batcher.submit(signature, request(1, 2, 9999, 3));
      var alsoGood = batcher.submit(signature, request(1, 2, 7, 3));
      assertEquals(2, logits(good.get(10, TimeUnit.SECONDS)).length);
      assertEquals(2, logits(alsoGood.get(10, TimeUnit.SECONDS)).length);
      ExecutionException failed =
          assertThrows(ExecutionException.class, () -> bad.get(10, TimeUnit.SECONDS));
      assertEquals(400, ((RequestRefusedException) failed.getCause()).status());
    }
  }

  @Test
  void aMaskShorterThanItsIdsIsNotHiddenByPadding() throws Exception {
    Map<String, Values> wrong =
        ImmutableMap.of(
            "input_ids", request(1, 2, 6, 7, 8, 9, 3).get("input_ids"),
            "attention_mask", request(1, 2, 6, 7, 8, 3).get("attention_mask"),
            "token_type_ids", request(1, 2, 6, 7, 8, 3).get("token_type_ids"));
    try (Batcher batcher = new Batcher(2, Duration.ofMillis(50), 100, new ServerMetrics("m", 1))) {
      var bad = batcher.submit(signature, wrong);
      var good = batcher.submit(signature, request(1, 2, 6, 7, 8, 9, 10, 11, 3));
      assertThrows(ExecutionException.class, () -> bad.get(10, TimeUnit.SECONDS));
      good.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aFullQueueIsToldAndAClosedOneFinishesWhatWaits() throws Exception {
    Batcher batcher = new Batcher(32, LONG, 40, new ServerMetrics("m", 1));
    var first = batcher.submit(signature, request(20, 2, 6, 3));
    var second = batcher.submit(signature, request(10, 2, 6, 7, 8, 9, 3));
    assertEquals(429, refusal(batcher, request(11, 2, 6, 3)));
    assertEquals(413, refusal(batcher, request(41, 2, 6, 3)));
    batcher.close();
    assertEquals(40, logits(first.get(1, TimeUnit.SECONDS)).length);
    assertEquals(20, logits(second.get(1, TimeUnit.SECONDS)).length);
    assertEquals(503, refusal(batcher, request(1, 2, 6, 3)));
    assertEquals(0, batcher.queuedRows());
  }

  private static int refusal(Batcher batcher, Map<String, Values> request) {
    return assertThrows(RequestRefusedException.class, () -> batcher.submit(signature, request))
        .status();
  }
}
