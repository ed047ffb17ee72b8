package org.bilora.serve;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.Executor;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.LoggerFactory;

/** Jetty, set up: one port, a small pool of threads, limits, errors as JSON, an orderly stop. */
final class HttpListener implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 2048;
  private static final int MAX_HEADER_BYTES = 8 << 10;
  private static final int MIN_THREADS = 8;

  private final ServeSettings settings;
  private final Server server;
  private final ServerConnector connector;

  private HttpListener(ServeSettings settings, Server server, ServerConnector connector) {
    this.settings = settings;
    this.server = server;
    this.connector = connector;
  }

  /**
   * Takes the port. Connections wait until {@link #serve}.
   *
   * @throws IOException when the port is not to be had
   */
  static HttpListener bind(ServeSettings settings) throws IOException {
    Server server = new Server(threads());
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnections(http));
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    connector.setIdleTimeout(Math.max(30_000, 3 * settings.requestTime().toMillis()));
    connector.setShutdownIdleTimeout(1000);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
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
    return new HttpListener(settings, server, connector);
  }

  private static QueuedThreadPool threads() {
    QueuedThreadPool threads =
        new QueuedThreadPool(
            Math.max(MIN_THREADS, 2 * Runtime.getRuntime().availableProcessors()), MIN_THREADS);
    threads.setName("http");
    threads.setDaemon(true);
    return threads;
  }

  /** The threads that read requests; they run from {@link #serve} on. */
  Executor threadPool() {
    return server.getThreadPool();
  }

  /** Begins to answer. */
  void serve(RestApi api, Page page, ServerMetrics metrics) throws IOException {
    HeaderDeadline headers = new HeaderDeadline(connector, settings.requestTime());
    server.addBean(headers);
    server.setHandler(new GracefulHandler(new HttpFront(api, page, metrics, settings, headers)));
    server.setErrorHandler((request, response, callback) -> error(request, response, callback));
    server.setStopTimeout(settings.stopTime().toMillis());
    try {
      server.start();
    } catch (Exception e) {
      throw new IOException("the server does not start: " + e.getMessage(), e);
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

  /** Address of the root. */
  URI uri() {
    String host = connector.getHost();
    return URI.create(
        "http://%s:%d/"
            .formatted(host.contains(":") ? "[" + host + "]" : host, connector.getLocalPort()));
  }

  /** Takes no more connections and returns when what was taken is answered, or time is over. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      LoggerFactory.getLogger(HttpListener.class)
          .warn("The server did not stop in order: {}", e.toString());
    }
    connector.close();
  }
}
