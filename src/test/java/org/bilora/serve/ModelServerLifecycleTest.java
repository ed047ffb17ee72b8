package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.bilora.export.ServedModel;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several servers, starting and stopping them; {@link ModelServerTest} asks one. */
class ModelServerLifecycleTest {
  private static final String MODEL = "/v1/models/tiny";

  @TempDir private static Path folder;

  private static Path base;
  private static ModelServer server;
  private static Client client;

  @BeforeAll
  static void start() throws IOException {
    base = folder.resolve("tiny");
    TinyExports.write(base, TinyExports.Texts.NONE, 3, 10, 2);
    server = ModelServer.start(settings(base, 0));
    client = new Client(server.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ServeSettings settings(Path export, int port) {
    return ModelServerTest.settings(export, port);
  }

  @Test
  void aRegressionModelGivesScores() throws IOException {
    Path export = TinyExports.write(folder.resolve("score"), TinyExports.Texts.NONE, 1, 1, 3);
    try (ModelServer scores = ModelServer.start(settings(export, 0));
        ServedModel model = ServedModel.open(export)) {
      Client of = new Client(scores.uri());
      double expected = model.classify(List.of(ServedModel.Text.of("w4 w5"))).get(0).value();
      JsonNode prediction =
          of.post(
                  "/v1/models/score:predict",
                  "{\"signature_name\": \"serving_text\", \"instances\": [\"w4 w5\"]}")
              .json();
      assertEquals(expected, prediction.get("predictions").get(0).doubleValue(), 1e-5);
      JsonNode results =
          of.post("/v1/models/score:regress", "{\"examples\": [{\"text\": \"w4 w5\"}]}").json();
      assertEquals(expected, results.get("results").get(0).doubleValue(), 1e-5);
      assertEquals(
          400,
          of.post("/v1/models/score:classify", "{\"examples\": [{\"text\": \"a\"}]}").status());
    }
  }

  @Test
  void twoServersServeOneExport() throws IOException {
    String body = "{\"signature_name\": \"serving_text\", \"instances\": [\"w1 w2\"]}";
    try (ModelServer second = ModelServer.start(settings(base.resolve("10"), 0))) {
      assertEquals("tiny", second.model());
      assertEquals(10, second.version());
      assertEquals(
          client.post(MODEL + ":predict", body).json(),
          new Client(second.uri()).post(MODEL + ":predict", body).json());
    }
    assertEquals(200, client.post(MODEL + ":predict", body).status());
  }

  @Test
  void aPortInUseIsToldInOneLineBeforeTheModelIsLoaded() {
    IOException inUse =
        assertThrows(
            IOException.class,
            () ->
                ModelServer.start(
                    settings(folder.resolve("no-such-export"), server.uri().getPort())));
    assertEquals(1, inUse.getMessage().lines().count());
    assertTrue(inUse.getMessage().contains("port is in use"), inUse.getMessage());
  }

  @Test
  void aDamagedExportIsToldInOneLineAndFreesThePort() throws IOException {
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    for (int tries = 0; tries < 2; tries++) {
      IOException refused =
          assertThrows(IOException.class, () -> ModelServer.start(settings(damaged, 0)));
      assertEquals(1, refused.getMessage().lines().count());
      assertTrue(refused.getMessage().contains("damaged"), refused.getMessage());
    }
  }

  @Test
  void stoppingFinishesWhatWasTaken() throws Exception {
    ServeSettings usual = settings(base, 0);
    ModelServer stopped =
        ModelServer.start(
            ServeSettingsBuilder.builder(usual)
                .export(base)
                .name(Optional.of("slow"))
                .port(0)
                .maxBatchRows(32)
                .batchDelay(Duration.ofMillis(700))
                .maxQueuedRows(64)
                .build());
    Client of = new Client(stopped.uri());
    CompletableFuture<Client.Answer> taken =
        CompletableFuture.supplyAsync(
            () ->
                of.post(
                    "/v1/models/slow:predict",
                    "{\"signature_name\": \"serving_text\", \"instances\": [\"w1\"]}"));
    while (!of.get("/metrics").response().body().contains("bilora_serve_queued_rows 1.0")) {
      Thread.sleep(10);
    }
    stopped.close();
    assertEquals(200, taken.get().status());
    assertThrows(java.io.UncheckedIOException.class, () -> of.get("/health"));
  }

  @Test
  void healthAndPageAreThere() {
    assertEquals("ready", client.get("/health").json().get("status").textValue());
    Client.Answer page = client.get("/");
    assertEquals(
        "text/html; charset=utf-8",
        page.response().headers().firstValue("Content-Type").orElseThrow());
    assertTrue(page.response().body().contains("\"labels\":[\"a\",\"b\",\"c\"]"));
    assertFalse(page.response().body().contains("{\"model\": null}"));
    assertFalse(page.response().body().contains("http"), "the page loads nothing from elsewhere");
    Client.Answer head = client.send("HEAD", "/", "");
    assertEquals(200, head.status());
    assertEquals("", head.response().body());
  }
}
