package org.bilora.serve;

import java.io.IOException;
import java.net.URI;
import org.bilora.weights.OptionalLibrary;

/**
 * Serves an export over HTTP, as TensorFlow Serving's REST interface does.
 *
 * <p>Requests are read without holding a thread, share runs of the model in {@link Batcher}, and
 * are answered by a small pool of threads. The port is taken first, so that a port in use is told
 * before the model is loaded; connections wait until it is.
 */
public final class ModelServer implements AutoCloseable {
  private final HttpListener listener;
  private final ServedExport export;
  private final Batcher batcher;

  private ModelServer(HttpListener listener, ServedExport export, Batcher batcher) {
    this.listener = listener;
    this.export = export;
    this.batcher = batcher;
  }

  /**
   * Takes the port, loads the export, answers a text to warm up, and begins to serve.
   *
   * @throws IOException when the port is not to be had, the export is damaged, or {@link
   *     OptionalLibrary#JETTY} or {@link OptionalLibrary#PROMETHEUS} is missing: one line
   */
  public static ModelServer start(ServeSettings settings) throws IOException {
    OptionalLibrary.JETTY.require("a server");
    OptionalLibrary.PROMETHEUS.require("a server");
    OptionalLibrary.PROMETHEUS_TEXT.require("a server");
    HttpListener listener = HttpListener.bind(settings);
    ServedExport export = null;
    Batcher batcher = null;
    try {
      export = ServedExport.open(settings.export(), settings.name());
      WarmUp.run(export);
      ServerMetrics metrics = new ServerMetrics(export.name(), export.version());
      batcher =
          new Batcher(
              settings.maxBatchRows(), settings.batchDelay(), settings.maxQueuedRows(), metrics);
      listener.serve(
          new RestApi(export, batcher, listener.threadPool()), new Page(export, metrics), metrics);
      return new ModelServer(listener, export, batcher);
    } catch (IOException | RuntimeException | Error e) {
      close(listener, batcher, export);
      throw e;
    }
  }

  /** Where the page is, and below it everything else. */
  public URI uri() {
    return listener.uri();
  }

  /** What paths call the model. */
  public String model() {
    return export.name();
  }

  /** The version that is served. */
  public long version() {
    return export.version();
  }

  /** Takes no more connections, finishes what was taken, and stops. */
  @Override
  public void close() {
    close(listener, batcher, export);
  }

  private static void close(HttpListener listener, Batcher batcher, ServedExport export) {
    listener.close();
    if (batcher != null) {
      batcher.close();
    }
    if (export != null) {
      export.close();
    }
  }
}
