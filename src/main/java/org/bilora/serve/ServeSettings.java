package org.bilora.serve;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How an export is served.
 *
 * @param export a version folder, or the model's folder
 * @param name what paths call the model; its folder's name where absent
 * @param host address to listen on
 * @param port to listen on; 0 takes a free one
 * @param maxBatchRows rows that share a run of the model at most
 * @param batchDelay how long a row waits for others to share its run
 * @param maxQueuedRows rows that wait or run at most; more are answered with 429
 * @param maxRequestBytes longest body of a request; longer ones are answered with 413
 * @param requestTime within which a request arrives whole; slower ones are answered with 408
 * @param stopTime within which requests that were taken are finished when the server stops
 */
@RecordBuilder
public record ServeSettings(
    Path export,
    Optional<String> name,
    String host,
    int port,
    int maxBatchRows,
    Duration batchDelay,
    int maxQueuedRows,
    int maxRequestBytes,
    Duration requestTime,
    Duration stopTime) {
  /** Reached from this machine only. */
  public static final String HOST = "127.0.0.1";

  /** TensorFlow Serving's REST port. */
  public static final int PORT = 8501;

  private static final int MAX_BATCH_ROWS = 32;
  private static final Duration BATCH_DELAY = Duration.ofMillis(2);
  private static final int MAX_QUEUED_ROWS = 1024;
  private static final int MAX_REQUEST_BYTES = 1 << 20;
  private static final Duration REQUEST_TIME = Duration.ofSeconds(10);
  private static final Duration STOP_TIME = Duration.ofSeconds(30);

  /** Checks the ranges. */
  public ServeSettings {
    check(port >= 0 && port <= 65535, "port", port, "from 0 to 65535");
    check(maxBatchRows >= 1, "maxBatchRows", maxBatchRows, "at least 1");
    check(!batchDelay.isNegative(), "batchDelay", batchDelay, "0 or more");
    check(
        maxQueuedRows >= maxBatchRows,
        "maxQueuedRows",
        maxQueuedRows,
        "at least maxBatchRows, " + maxBatchRows);
    check(
        maxRequestBytes >= 1 && maxRequestBytes <= 1 << 28,
        "maxRequestBytes",
        maxRequestBytes,
        "from 1 to " + (1 << 28));
    check(
        !requestTime.isNegative() && !requestTime.isZero(), "requestTime", requestTime, "above 0");
    check(!stopTime.isNegative() && !stopTime.isZero(), "stopTime", stopTime, "above 0");
    name.ifPresent(
        given -> check(given.matches("[^/:]+"), "name", given, "a name without / and :"));
  }

  private static void check(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(
          "%s is %s; it must be %s".formatted(field, value, allowed));
    }
  }

  /** Serves an export on this machine as usual. */
  public static ServeSettings of(Path export) {
    return ServeSettingsBuilder.builder()
        .export(export)
        .host(HOST)
        .port(PORT)
        .maxBatchRows(MAX_BATCH_ROWS)
        .batchDelay(BATCH_DELAY)
        .maxQueuedRows(MAX_QUEUED_ROWS)
        .maxRequestBytes(MAX_REQUEST_BYTES)
        .requestTime(REQUEST_TIME)
        .stopTime(STOP_TIME)
        .build();
  }
}
