package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are wrong, too long, too slow or cut off; after each the server still answers. */
class HostileRequestsTest {
  private static final String PREDICT = "/v1/models/tiny:predict";
  private static final String GOOD =
      "{\"signature_name\": \"serving_text\", \"instances\": [\"w1 w2\"]}";
  private static final int LIMIT = 20_000;

  @TempDir private static Path folder;

  private static ModelServer server;
  private static Client client;

  @BeforeAll
  static void start() throws IOException {
    Path export = TinyExports.write(folder.resolve("tiny"), TinyExports.Texts.ONE, 2, 1, 1);
    server =
        ModelServer.start(
            ServeSettingsBuilder.builder()
                .export(export)
                .host(ServeSettings.HOST)
                .port(0)
                .maxBatchRows(8)
                .batchDelay(Duration.ofMillis(1))
                .maxQueuedRows(64)
                .maxRequestBytes(LIMIT)
                .requestTime(Duration.ofMillis(600))
                .stopTime(Duration.ofSeconds(5))
                .build());
    client = new Client(server.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void theServerStillAnswers() {
    assertEquals(200, client.post(PREDICT, GOOD).status());
  }

  @Test
  void whatIsNotHttpIsABadRequest() throws IOException {
    for (String bytes :
        List.of(
            "hello\r\n\r\n",
            "GET\r\n\r\n",
            "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
            "POST " + PREDICT + " HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST "
                + PREDICT
                + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST "
                + PREDICT
                + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")) {
      String answer = client.raw(bytes, false);
      assertEquals(
          "HTTP/1.1 400", answer.substring(0, Math.min(12, answer.length())), bytes + answer);
      assertErrorBody(answer);
    }
  }

  @Test
  void headersThatAreTooLongAreRefused() throws IOException {
    String answer =
        client.raw("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(20_000) + "\r\n\r\n", false);
    assertTrue(answer.startsWith("HTTP/1.1 431"), answer);
    assertErrorBody(answer);
    answer = client.raw("GET /" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", false);
    assertTrue(answer.startsWith("HTTP/1.1 414"), answer);
  }

  @Test
  void aBodyOverTheLimitIsRefusedWhetherItsLengthIsToldOrNot() throws IOException {
    Client.Answer told = client.post(PREDICT, " ".repeat(LIMIT + 1));
    assertEquals(413, told.status());
    assertTrue(told.error().contains("at most 20000"), told.error());
    String chunk = "4e20\r\n" + " ".repeat(20_000) + "\r\n";
    String answer =
        client.raw(
            "POST "
                + PREDICT
                + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunk
                + chunk,
            false);
    assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
    assertErrorBody(answer);
    assertEquals(200, client.post(PREDICT, GOOD + " ".repeat(LIMIT - GOOD.length())).status());
  }

  @Test
  void aClientThatSendsAllBeforeItReadsSeesWhyItsBodyWasRefused() {
    for (int i = 0; i < 20; i++) {
      assertEquals(413, client.post(PREDICT, " ".repeat(300 * LIMIT)).status());
    }
  }

  @Test
  void aCompressedBodyIsRefused() {
    assertEquals(415, client.send("POST", PREDICT, "x", "Content-Encoding", "gzip").status());
  }

  @Test
  void aBodyThatDripsIsTimedOut() throws Exception {
    try (Socket socket = client.connect()) {
      write(socket, "POST " + PREDICT + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{");
      drip(socket, " ");
      String answer = Client.readAll(socket);
      assertTrue(answer.startsWith("HTTP/1.1 408"), answer);
      assertErrorBody(answer);
    }
  }

  @Test
  void headersThatDripAreTimedOut() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        Socket socket = client.connect();
        sockets.add(socket);
        write(socket, "GET / HTTP/1.1\r\nHost: a\r\n");
      }
      drip(sockets.get(0), "X: y\r\n");
      for (Socket socket : sockets) {
        String answer = Client.readAll(socket);
        assertTrue(answer.startsWith("HTTP/1.1 408"), answer);
        assertErrorBody(answer);
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void theSecondRequestOfAConnectionMayNotDripEither() throws Exception {
    try (Socket socket = client.connect()) {
      write(socket, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
      Thread.sleep(200);
      drip(socket, "GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n");
      String answer = Client.readAll(socket);
      assertTrue(answer.startsWith("HTTP/1.1 200") && answer.contains("HTTP/1.1 408"), answer);
    }
  }

  @Test
  void aConnectionMayBeIdleBetweenRequestsForLongerThanARequestMayTake() throws Exception {
    try (Socket socket = client.connect()) {
      write(socket, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
      Thread.sleep(1500);
      write(socket, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      String answer = Client.readAll(socket);
      assertEquals(3, answer.split("HTTP/1.1 200", -1).length, answer);
    }
  }

  @Test
  void aWholeRequestIsAnsweredThroughAHalfClosedConnection() throws IOException {
    String answer =
        client.raw(
            "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(PREDICT, GOOD.length(), GOOD),
            true);
    assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
    assertTrue(answer.contains("probabilities"), answer);
  }

  @Test
  void aRequestCutOffByAHalfCloseIsABadRequest() throws IOException {
    String body =
        client.raw(
            "POST " + PREDICT + " HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"inst", true);
    assertTrue(body.startsWith("HTTP/1.1 400"), body);
    assertErrorBody(body);
    for (int tries = 0; tries < 30; tries++) {
      String headers = client.raw("POST " + PREDICT + " HTTP/1.1\r\nHost: a\r\nConte", true);
      assertTrue(headers.startsWith("HTTP/1.1 400"), headers);
      assertErrorBody(headers);
    }
    assertEquals("", client.raw("", true));
  }

  @Test
  void clientsThatLeaveInTheMiddleLeaveNothingBehind() throws Exception {
    for (int i = 0; i < 30; i++) {
      try (Socket socket = client.connect()) {
        socket.setSoLinger(true, 0);
        write(
            socket,
            "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(PREDICT, GOOD.length() + i % 2, GOOD));
      }
    }
    // Once is not enough: some of them may not have been read yet.
    int emptyInTurn = 0;
    for (int tries = 0; emptyInTurn < 10 && tries < 500; tries++) {
      Thread.sleep(20);
      emptyInTurn = queueIsEmpty() ? emptyInTurn + 1 : 0;
    }
    assertEquals(10, emptyInTurn);
  }

  private static boolean queueIsEmpty() {
    return client.get("/metrics").response().body().contains("\nbilora_serve_queued_rows 0.0\n");
  }

  private static void write(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A piece every 100 ms, longer than the server waits, or until it has closed. */
  private static void drip(Socket socket, String... pieces) throws Exception {
    try {
      for (int i = 0; i < 15; i++) {
        write(socket, pieces[Math.min(i, pieces.length - 1)]);
        Thread.sleep(100);
        if (socket.getInputStream().available() > 0 && i > 8) {
          return;
        }
      }
    } catch (SocketException closed) {
      // What was answered is read by the caller.
    }
  }

  private static void assertErrorBody(String answer) {
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    int brace = body.indexOf('{');
    assertTrue(brace >= 0 && Client.parse(body.substring(brace)).path("error").isTextual(), answer);
  }
}
