package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.serve.ModelServer;
import org.bilora.serve.ServeSettings;
import org.bilora.serve.ServeSettingsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora serve}. */
@Command(
    name = "serve",
    description = {
      "Serves an export over HTTP: texts in, labels out.",
      "Paths and JSON are those of TensorFlow Serving's REST interface (predict, classify, regress,"
          + " status, metadata), with a page to type a text at /, /health and Prometheus's /metrics."
          + " Requests that come at the same time share runs of the model. Runs until it is stopped"
          + " (Ctrl-C), and then finishes the requests it has accepted."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} serve --export savedmodels/grammar",
      "  ${sys:bilora.command:-bilora} serve --export savedmodels/grammar/2 --port 0 --json",
      "",
      "Then:",
      "  curl -d '{\"signature_name\": \"serving_text\", \"instances\": [\"She go home.\"]}' \\",
      "    http://127.0.0.1:8501/v1/models/grammar:predict"
    })
final class ServeCommand implements Callable<Integer> {
  private static final ServeSettings USUAL = ServeSettings.of(Path.of(""));

  @Option(
      names = "--export",
      paramLabel = "DIR",
      required = true,
      description =
          "A version folder, or the model's folder, of which the largest version is served.")
  private Path export;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name of the model in paths (default: the name of its folder).")
  private String name;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Address to listen on; 0.0.0.0 admits other machines, without authentication"
              + " (default: ${DEFAULT-VALUE}).")
  private String host = USUAL.host();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port to listen on; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int port = USUAL.port();

  @Option(
      names = "--batch",
      paramLabel = "ROWS",
      description = "Rows that share a run of the model at most (default: ${DEFAULT-VALUE}).")
  private int batch = USUAL.maxBatchRows();

  @Option(
      names = "--batch-delay",
      paramLabel = "MS",
      description =
          "Milliseconds that a row waits for others to share its run (default: ${DEFAULT-VALUE}).")
  private long batchDelay = USUAL.batchDelay().toMillis();

  @Option(
      names = "--queue",
      paramLabel = "ROWS",
      description =
          "Rows that wait or run at most; more are answered with 429 (default: ${DEFAULT-VALUE}).")
  private int queue = USUAL.maxQueuedRows();

  @Option(
      names = "--max-request",
      paramLabel = "BYTES",
      description =
          "Longest body of a request; longer ones are answered with 413 (default:"
              + " ${DEFAULT-VALUE}).")
  private int maxRequest = USUAL.maxRequestBytes();

  @Option(
      names = "--request-time",
      paramLabel = "SECONDS",
      description =
          "Time within which a request must arrive completely; slower ones are answered with 408 (default:"
              + " ${DEFAULT-VALUE}).")
  private long requestTime = USUAL.requestTime().toSeconds();

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ServeSettings settings =
        ServeSettingsBuilder.builder()
            .export(export)
            .host(host)
            .port(port)
            .maxBatchRows(batch)
            .batchDelay(Duration.ofMillis(batchDelay))
            .maxQueuedRows(queue)
            .maxRequestBytes(maxRequest)
            .requestTime(Duration.ofSeconds(requestTime))
            .stopTime(USUAL.stopTime())
            .name(Optional.ofNullable(name))
            .build();
    NativeLog.skipFirstNotes();
    ModelServer server = ModelServer.start(settings);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  common.note("\nStopping: finishing what was taken …");
                  server.close();
                  stopped.countDown();
                },
                "stop-serving"));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("url", server.uri().toString());
    fields.put("model", server.model());
    fields.put("version", server.version());
    common.result(
        fields,
        "Serving %s, version %d, at %s (Ctrl-C stops it)"
            .formatted(server.model(), server.version(), server.uri()));
    stopped.await();
    return 0;
  }
}
