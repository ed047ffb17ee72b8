package org.bilora.serve;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.IntSupplier;

/** What {@code /metrics} tells, in Prometheus's text format 0.0.4. */
final class ServerMetrics {
  static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };
  private static final double[] ROWS = {1, 2, 4, 8, 16, 32, 64, 128};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests;
  private final Histogram requestSeconds;
  private final Counter rows;
  private final Histogram batchRows;
  private final Histogram batchSeconds;

  ServerMetrics(String model, long version) {
    GaugeWithCallback.builder()
        .name("bilora_serve_model_info")
        .help("Always 1; the labels tell which model is served.")
        .labelNames("model", "version")
        .callback(value -> value.call(1, model, Long.toString(version)))
        .register(registry);
    requests =
        Counter.builder()
            .name("bilora_serve_requests_total")
            .help("Requests answered, by what they asked for and HTTP status.")
            .labelNames("endpoint", "status")
            .register(registry);
    requestSeconds =
        Histogram.builder()
            .name("bilora_serve_request_seconds")
            .help("Time from the headers of a request to its answer.")
            .labelNames("endpoint")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
    rows =
        Counter.builder()
            .name("bilora_serve_rows_total")
            .help("Rows that the model has answered.")
            .register(registry);
    batchRows =
        Histogram.builder()
            .name("bilora_serve_batch_rows")
            .help("Rows that shared a run of the model.")
            .classicOnly()
            .classicUpperBounds(ROWS)
            .register(registry);
    batchSeconds =
        Histogram.builder()
            .name("bilora_serve_batch_seconds")
            .help("Time of a run of the model.")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
  }

  /** Counts a request that was answered. */
  void request(String endpoint, int status, long nanoseconds) {
    requests.labelValues(endpoint, Integer.toString(status)).inc();
    requestSeconds.labelValues(endpoint).observe(nanoseconds * 1e-9);
  }

  /** Counts a run of the model. */
  void batch(int size, long nanoseconds) {
    rows.inc(size);
    batchRows.observe(size);
    batchSeconds.observe(nanoseconds * 1e-9);
  }

  /** Tells where to read how many rows wait or run. */
  void queuedRows(IntSupplier now) {
    GaugeWithCallback.builder()
        .name("bilora_serve_queued_rows")
        .help("Rows that wait or run.")
        .callback(value -> value.call(now.getAsInt()))
        .register(registry);
  }

  /** All of them as text. */
  byte[] text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toByteArray();
  }
}
