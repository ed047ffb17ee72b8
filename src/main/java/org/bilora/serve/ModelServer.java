package org.bilora.serve;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Serves an export over HTTP, as TensorFlow Serving's REST interface does.
 *
 * <p>Requests are read without holding a thread, share runs of the model in {@link Batcher}, and
 * are answered by a small pool of threads. The port is taken first, so that a port in use is told
 * before the model is loaded; connections wait until it is.
 */
public final class ModelServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 2048;
  private static final int MAX_HEADER_BYTES = 8 << 10;
  private static final int MIN_THREADS = 8;

  private final Server server;
  private final ServerConnector connector;
  private final ServedExport export;
  private final Batcher batcher;

  private ModelServer(
      Server server, ServerConnector connector, ServedExport export, Batcher batcher) {
    this.server = server;
    this.connector = connector;
    this.export = export;
    this.batcher = batcher;
  }

  /**
   * Takes the port, loads the export, answers a text to warm up, and begins to serve.
   *
   * @throws IOException when the port is not to be had or the export is damaged: one line
   */
  public static ModelServer start(ServeSettings settings) throws IOException {
    Server server = new Server(threads());
    ServerConnector connector = connector(server, settings);
    bind(connector, settings);
    ServedExport export = null;
    Batcher batcher = null;
    try {
      export = ServedExport.open(settings.export(), settings.name());
      Metrics metrics = new Metrics(export.name(), export.version());
      batcher =
          new Batcher(
              settings.maxBatchRows(), settings.batchDelay(), settings.maxQueuedRows(), metrics);
      RestApi api = new RestApi(export, batcher, server.getThreadPool());
      WarmUp.run(export);
      HeaderDeadline headers = new HeaderDeadline(connector, settings.requestTime());
      server.addBean(headers);
      server.setHandler(
          new GracefulHandler(
              new HttpFront(api, new Page(export, metrics), metrics, settings, headers)));
      server.setErrorHandler((request, response, callback) -> error(request, response, callback));
      server.setStopTimeout(settings.stopTime().toMillis());
      server.start();
      return new ModelServer(server, connector, export, batcher);
    } catch (Exception | Error e) {
      stop(server, connector, batcher, export);
      if (e instanceof IOException || e instanceof RuntimeException || e instanceof Error) {
        throw e instanceof IOException io ? io : rethrown(e);
      }
      throw new IOException("the server does not start: " + e.getMessage(), e);
    }
  }

  private static IOException rethrown(Throwable unchecked) {
    if (unchecked instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) unchecked;
  }

  private static QueuedThreadPool threads() {
    QueuedThreadPool threads =
        new QueuedThreadPool(
            Math.max(MIN_THREADS, 2 * Runtime.getRuntime().availableProcessors()), MIN_THREADS);
    threads.setName("http");
    threads.setDaemon(true);
    return threads;
  }

  private static ServerConnector connector(Server server, ServeSettings settings) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(Math.max(30_000, 3 * settings.requestTime().toMillis()));
    connector.setShutdownIdleTimeout(1000);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
    return connector;
  }

  private static void bind(ServerConnector connector, ServeSettings settings) throws IOException {
    try {
      connector.open();
    } catch (IOException | UnresolvedAddressException e) {
      connector.close();
      boolean inUse = e.getCause() instanceof BindException || e instanceof BindException;
      throw new IOException(
          "cannot listen on %s, port %d: %s"
              .formatted(
                  settings.host(),
                  settings.port(),
                  inUse ? "the port is in use, or the address is not this machine's" : e),
          e);
    }
  }

  /** What Jetty itself refuses: requests that are no HTTP, headers that are too long. */
  private static boolean error(Request request, Response response, Callback callback) {
    Object message = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
    Reply reply =
        Reply.error(response.getStatus(), message == null ? "refused" : message.toString());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.contentType());
    response.write(true, ByteBuffer.wrap(reply.body()), callback);
    return true;
  }

  /** Where the page is, and below it everything else. */
  public URI uri() {
    String host = connector.getHost();
    return URI.create(
        "http://%s:%d/"
            .formatted(host.contains(":") ? "[" + host + "]" : host, connector.getLocalPort()));
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
    stop(server, connector, batcher, export);
  }

  private static void stop(
      Server server, ServerConnector connector, Batcher batcher, ServedExport export) {
    try {
      server.stop();
    } catch (Exception e) {
      org.slf4j.LoggerFactory.getLogger(ModelServer.class)
          .warn("The server did not stop in order: {}", e.toString());
    }
    connector.close();
    if (batcher != null) {
      batcher.close();
    }
    if (export != null) {
      export.close();
    }
  }
}
