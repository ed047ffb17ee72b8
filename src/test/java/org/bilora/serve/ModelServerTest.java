package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bilora.export.ServedModel;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelServerTest {
  private static final String MODEL = "/v1/models/tiny";

  @TempDir private static Path folder;

  private static Path base;
  private static ServedModel reference;
  private static ModelServer server;
  private static Client client;

  @BeforeAll
  static void start() throws IOException {
    base = folder.resolve("tiny");
    TinyExports.write(base, TinyExports.Texts.NONE, 2, 2, 1);
    Path largest = TinyExports.write(base, TinyExports.Texts.NONE, 3, 10, 2);
    reference = ServedModel.open(largest);
    server = ModelServer.start(settings(base, 0));
    client = new Client(server.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
    reference.close();
  }

  static ServeSettings settings(Path export, int port) {
    ServeSettings usual = ServeSettings.of(export);
    return ServeSettingsBuilder.builder(usual)
        .export(export)
        .port(port)
        .maxBatchRows(4)
        .batchDelay(Duration.ofMillis(1))
        .maxQueuedRows(64)
        .build();
  }

  private static ServedModel.Answer expected(String text, String... second) {
    return reference
        .classify(
            List.of(
                new ServedModel.Text(
                    text, second.length == 0 ? Optional.empty() : Optional.of(second[0]))))
        .get(0);
  }

  private static void assertAnswer(ServedModel.Answer expected, JsonNode prediction) {
    assertEquals(expected.label().orElseThrow(), prediction.get("label").textValue());
    double largest = 0;
    double sum = 0;
    for (JsonNode probability : prediction.get("probabilities")) {
      largest = Math.max(largest, probability.doubleValue());
      sum += probability.doubleValue();
    }
    assertEquals(3, prediction.get("probabilities").size());
    assertEquals(expected.value(), largest, 1e-5);
    assertEquals(1, sum, 1e-5);
  }

  @Test
  void textsAreAnsweredInRowFormat() {
    JsonNode answer =
        client
            .post(
                MODEL + ":predict",
                "{\"signature_name\": \"serving_text\", \"instances\": [\"w1 w2\", \"w3\"]}")
            .json();
    assertEquals(2, answer.get("predictions").size());
    assertAnswer(expected("w1 w2"), answer.get("predictions").get(0));
    assertAnswer(expected("w3"), answer.get("predictions").get(1));
  }

  @Test
  void pairsAreAnsweredInBothFormats() {
    JsonNode rows =
        client
            .post(
                MODEL + "/versions/10:predict",
                """
                {"signature_name": "serving_text", "instances": [
                  {"text": "w1 w2", "text_pair": "w3"},
                  {"text": {"b64": "%s"}, "text_pair": "w5"}]}"""
                    .formatted(
                        Base64.getEncoder().encodeToString("w4".getBytes(StandardCharsets.UTF_8))))
            .json();
    assertAnswer(expected("w1 w2", "w3"), rows.get("predictions").get(0));
    assertAnswer(expected("w4", "w5"), rows.get("predictions").get(1));
    JsonNode columns =
        client
            .post(
                "/V1/Models/tiny:PREDICT",
                """
                {"signature_name": "serving_text",
                 "inputs": {"text": ["w1 w2", "w4"], "text_pair": ["w3", "w5"]}}""")
            .json()
            .get("outputs");
    for (int row = 0; row < 2; row++) {
      assertEquals(rows.get("predictions").get(row).get("label"), columns.get("label").get(row));
    }
  }

  @Test
  void idsAreAnsweredByTheDefaultSignature() {
    // [CLS] w1 w2 [SEP]
    JsonNode rows =
        client
            .post(
                MODEL + ":predict",
                """
                {"instances": [{"input_ids": [2, 6, 7, 3], "attention_mask": [1, 1, 1, 1],
                  "token_type_ids": [0, 0, 0, 0]}]}""")
            .json()
            .get("predictions");
    ServedModel.Answer expected = expected("w1 w2");
    for (int c = 0; c < 3; c++) {
      assertEquals(expected.logits().get(c), rows.get(0).get("logits").get(c).doubleValue(), 1e-5);
    }
    JsonNode columns =
        client
            .post(
                MODEL + ":predict",
                """
                {"signature_name": "serving_default", "inputs": {"input_ids": [[2, 6, 7, 3]],
                  "attention_mask": [[1, 1, 1, 1]], "token_type_ids": [[0, 0, 0, 0]]}}""")
            .json()
            .get("outputs");
    assertEquals(rows.get(0).get("logits"), columns.get("logits").get(0));
  }

  @Test
  void examplesAreClassified() {
    JsonNode results =
        client
            .post(
                MODEL + ":classify",
                """
                {"context": {"text_pair": "w3"},
                 "examples": [{"text": "w1 w2"}, {"text": ["w4"]}]}""")
            .json()
            .get("results");
    ServedModel.Answer expected = expected("w1 w2", "w3");
    assertEquals(2, results.size());
    int position = 0;
    for (JsonNode scored : results.get(0)) {
      assertEquals(List.of("a", "b", "c").get(position++), scored.get(0).textValue());
      if (scored.get(0).textValue().equals(expected.label().orElseThrow())) {
        assertEquals(expected.value(), scored.get(1).doubleValue(), 1e-5);
      }
    }
    for (String wrong :
        new String[] {
          "{}",
          "{\"examples\": []}",
          "{\"examples\": {\"text\": \"a\"}}",
          "{\"examples\": [\"a\"]}",
          "{\"examples\": [{\"txt\": \"a\"}]}",
          "{\"examples\": [{\"text\": 5}]}",
          "{\"examples\": [{\"text\": [\"a\", \"b\"]}]}",
          "{\"examples\": [{\"text\": null}]}",
          "{\"examples\": [{\"text\": \"a\"}, {\"text\": \"a\", \"text_pair\": \"b\"}]}",
          "{\"context\": [1], \"examples\": [{\"text\": \"a\"}]}",
          "{\"context\": {\"text\": \"a\"}, \"examples\": [{\"text\": \"a\"}]}",
          "{\"signature_name\": \"other\", \"examples\": [{\"text\": \"a\"}]}"
        }) {
      assertEquals(400, client.post(MODEL + ":classify", wrong).status(), wrong);
    }
    assertTrue(
        client
            .post(MODEL + ":regress", "{\"examples\": [{\"text\": \"a\"}]}")
            .error()
            .contains(":classify"));
  }

  @Test
  void statusAndMetadataAreThoseOfTensorFlowServing() {
    JsonNode status =
        Client.parse(
            """
            {"model_version_status": [{"version": "10", "state": "AVAILABLE",
              "status": {"error_code": "OK", "error_message": ""}}]}""");
    assertEquals(status, client.get(MODEL).json());
    assertEquals(status, client.get(MODEL + "/versions/10").json());
    JsonNode metadata = client.get(MODEL + "/metadata").json();
    assertEquals(
        Client.parse("{\"name\": \"tiny\", \"signature_name\": \"\", \"version\": \"10\"}"),
        metadata.get("model_spec"));
    JsonNode signatures = metadata.at("/metadata/signature_def/signature_def");
    assertEquals(
        Client.parse(
            """
            {"dtype": "DT_INT32", "name": "input_ids:0", "tensor_shape": {"unknown_rank": false,
              "dim": [{"size": "-1", "name": ""}, {"size": "-1", "name": ""}]}}"""),
        signatures.at("/serving_default/inputs/input_ids"));
    assertEquals(
        "tensorflow/serving/predict", signatures.at("/serving_default/method_name").textValue());
    assertEquals("DT_STRING", signatures.at("/serving_text/inputs/text/dtype").textValue());
  }

  @Test
  void whatIsNotServedIsNotFound() {
    String body = "{\"instances\": [1]}";
    assertEquals(404, client.post("/v1/models/other:predict", body).status());
    assertEquals(404, client.get("/v1/models/other").status());
    // Version 2 is there, but only the largest is served.
    assertEquals(404, client.post(MODEL + "/versions/2:predict", body).status());
    assertEquals(404, client.get(MODEL + "/versions/99999999999999999999/metadata").status());
    assertEquals(400, client.post(MODEL + "/labels/stable:predict", body).status());
    assertEquals(404, client.get("/favicon.ico").status());
  }

  @Test
  void pathsThatTensorFlowServingDoesNotHaveAreMalformed() {
    for (String path :
        List.of("/v1/", "/v1/models", MODEL + "/", MODEL + "/versions/x", MODEL + ":predict")) {
      Client.Answer answer = client.get(path);
      assertEquals(400, answer.status(), path);
      assertEquals("Malformed request: GET " + path, answer.error());
    }
    for (String path :
        List.of(
            MODEL, MODEL + "/metadata", MODEL + ":other", MODEL + "/versions/1/labels/a:predict")) {
      assertEquals(400, client.post(path, "{}").status(), path);
    }
    assertEquals(400, client.send("DELETE", MODEL, "").status());
    Client.Answer wrong = client.post("/health", "{}");
    assertEquals(405, wrong.status());
    assertEquals("GET, HEAD", wrong.response().headers().firstValue("Allow").orElseThrow());
  }

  @Test
  void wrongRequestsAreToldWhatIsWrong() {
    assertTrue(
        client
            .post(MODEL + ":predict", "{\"signature_name\": \"no\", \"instances\": [1]}")
            .error()
            .contains("serving_default, serving_ids, serving_int64, serving_text"));
    assertTrue(
        client.post(MODEL + ":predict", "{\"instances\": [\"w1\"]}").error().contains("ids"));
    // A token id outside the vocabulary, a mask of another length, a scalar, no rows.
    for (String inputs :
        List.of(
            "{\"input_ids\": [[2, 9999]], \"attention_mask\": [[1, 1]], \"token_type_ids\": [[0, 0]]}",
            "{\"input_ids\": [[2, 6]], \"attention_mask\": [[1, 1, 1]], \"token_type_ids\": [[0, 0]]}",
            "{\"input_ids\": 1, \"attention_mask\": 1, \"token_type_ids\": 1}")) {
      Client.Answer answer = client.post(MODEL + ":predict", "{\"inputs\": " + inputs + "}");
      assertEquals(400, answer.status(), answer.response().body());
      assertFalse(answer.error().isEmpty());
    }
    assertEquals(
        400,
        client
            .post(
                MODEL + ":predict",
                "{\"signature_name\": \"serving_text\", \"inputs\": {\"text\": [\"a\"], \"text_pair\": []}}")
            .status());
  }

  @Test
  void moreRowsThanTheQueueTakesAreRefused() {
    String rows = "\"w1\",".repeat(64) + "\"w1\"";
    Client.Answer answer =
        client.post(
            MODEL + ":predict",
            "{\"signature_name\": \"serving_text\", \"instances\": [" + rows + "]}");
    assertEquals(413, answer.status());
  }

  @Test
  void manyClientsAtOnceGetTheirOwnAnswers() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(16);
    try {
      List<CompletableFuture<JsonNode>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String text = "w" + i % 20 + " w1".repeat(i % 7);
        answers.add(
            CompletableFuture.supplyAsync(
                () ->
                    client
                        .post(
                            MODEL + ":predict",
                            "{\"signature_name\": \"serving_text\", \"instances\": [\"%s\"]}"
                                .formatted(text))
                        .json()
                        .get("predictions")
                        .get(0),
                clients));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertAnswer(expected("w" + i % 20 + " w1".repeat(i % 7)), answers.get(i).get());
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void metricsAreValidPrometheusText() {
    client.post(MODEL + ":predict", "x");
    Client.Answer answer = client.get("/metrics");
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        answer.response().headers().firstValue("Content-Type").orElseThrow());
    String name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    String sample =
        name
            + "(\\{"
            + name
            + "=\"[^\"\\n]*\"(,"
            + name
            + "=\"[^\"\\n]*\")*\\})?"
            + " (NaN|[+-]Inf|[-+0-9.eE]+)";
    assertTrue(answer.response().body().endsWith("\n"));
    for (String line : answer.response().body().lines().toList()) {
      assertTrue(line.matches("# (HELP|TYPE) " + name + " .*") || line.matches(sample), line);
    }
    assertTrue(
        answer
            .response()
            .body()
            .contains("bilora_serve_requests_total{endpoint=\"predict\",status=\"400\"}"));
    assertTrue(answer.response().body().contains("bilora_serve_batch_rows_bucket{le=\"+Inf\"}"));
  }

  @Test
  void textsGoToTheGraphWhereItTakesThem() throws IOException {
    for (TinyExports.Texts texts : List.of(TinyExports.Texts.ONE, TinyExports.Texts.PAIRS)) {
      boolean pairs = texts == TinyExports.Texts.PAIRS;
      Path export = TinyExports.write(folder.resolve("graph" + texts), texts, 3, 1, 2);
      try (ModelServer graph = ModelServer.start(settings(export, 0))) {
        Client of = new Client(graph.uri());
        String model = "/v1/models/" + graph.model();
        String row = pairs ? "{\"text\": \"w1 w2\", \"text_pair\": \"w3\"}" : "\"w1 w2\"";
        ServedModel.Answer expected = pairs ? expected("w1 w2", "w3") : expected("w1 w2");
        JsonNode prediction =
            of.post(
                    model + ":predict",
                    "{\"signature_name\": \"serving_text\", \"instances\": [" + row + "]}")
                .json()
                .at("/predictions/0");
        assertAnswer(expected, prediction);
        assertEquals(3, prediction.get("logits").size());
        String example = pairs ? row : "{\"text\": \"w1 w2\"}";
        JsonNode classes =
            of.post(model + ":classify", "{\"examples\": [" + example + "]}").json().get("results");
        assertEquals(prediction.at("/probabilities/1"), classes.at("/0/1/1"));
        JsonNode inputs =
            of.get(model + "/metadata")
                .json()
                .at("/metadata/signature_def/signature_def/serving_text/inputs");
        assertEquals(pairs ? 2 : 1, inputs.size());
        // The graph asks for both texts, or takes no second one.
        String other = pairs ? "{\"text\": \"w1\"}" : "{\"text\": \"w1\", \"text_pair\": \"w2\"}";
        assertEquals(
            400,
            of.post(
                    model + ":predict",
                    "{\"signature_name\": \"serving_text\", \"instances\": [" + other + "]}")
                .status());
      }
    }
  }
}
