package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.bilora.cli.Main;
import org.bilora.export.TinyExports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  @TempDir private Path folder;

  @Test
  void aServerAnswersAndEndsWhenToldTo() throws Exception {
    TinyExports.write(folder.resolve("tiny"), TinyExports.Texts.ONE, 2, 3, 1);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--export",
                folder.resolve("tiny").toString(),
                "--port",
                "0",
                "--json")
            .redirectError(folder.resolve("err.txt").toFile())
            .start();
    try (BufferedReader out = process.inputReader()) {
      JsonNode started = new ObjectMapper().readTree(out.readLine());
      assertEquals("tiny", started.get("model").textValue());
      assertEquals(3, started.get("version").intValue());
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(started.get("url").textValue()).resolve("/v1/models/tiny:predict"))
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"signature_name\": \"serving_text\", \"instances\": [\"w1\"]}"))
              .build();
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      assertEquals(200, answer.statusCode());
      assertTrue(answer.body().contains("\"label\":"), answer.body());
      process.destroy();
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(143, process.exitValue());
      assertEquals(
          "Stopping: finishing what was taken …",
          Files.readString(folder.resolve("err.txt")).strip());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatCannotBeServedIsToldInOneLine() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      failed("port is in use", "--export", empty, "--port", taken.getLocalPort());
    }
    failed("holds no exported version", "--export", empty, "--port", 0);
    failed("is not a folder", "--export", folder.resolve("nowhere"), "--port", 0);
    failed("port is 70000", "--export", empty, "--port", 70000);
    failed("maxQueuedRows is 1", "--export", empty, "--queue", 1);
    failed(
        "cannot listen on no.such.host.invalid",
        "--export",
        empty,
        "--host",
        "no.such.host.invalid");
    assertEquals(2, Call.of("serve").exitCode());
  }

  private static void failed(String because, Object... arguments) {
    Object[] words = new Object[arguments.length + 1];
    words[0] = "serve";
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    Call call = Call.of(words);
    assertEquals(1, call.exitCode(), call.err());
    assertEquals(1, call.err().lines().count(), call.err());
    assertTrue(call.error().contains(because), call.error());
    assertFalse(call.hasStackTrace());
  }
}
