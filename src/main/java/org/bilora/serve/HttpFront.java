package org.bilora.serve;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes requests from Jetty and sends the answers: the REST interface below {@code /v1/}, {@code
 * /health}, {@code /metrics} and the page at {@code /}.
 */
final class HttpFront extends Handler.Abstract.NonBlocking {
  private static final Logger LOGGER = LoggerFactory.getLogger(HttpFront.class);
  private static final Set<String> READING = Set.of("GET", "HEAD");

  private final RestApi api;
  private final Page page;
  private final ServerMetrics metrics;
  private final ServeSettings settings;
  private final HeaderDeadline headers;

  HttpFront(
      RestApi api,
      Page page,
      ServerMetrics metrics,
      ServeSettings settings,
      HeaderDeadline headers) {
    this.api = api;
    this.page = page;
    this.metrics = metrics;
    this.settings = settings;
    this.headers = headers;
  }

  /** An answer that may come later, and what metrics call it. */
  private record Pending(String endpoint, CompletableFuture<Reply> reply) {}

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    long start = request.getBeginNanoTime();
    Connection connection = request.getConnectionMetaData().getConnection();
    headers.begin(connection);
    Request.addCompletionListener(request, failure -> headers.end(connection));
    // Waiting for the model is not idleness of the client.
    request.addIdleTimeoutListener(idle -> false);
    Pending pending = answer(request);
    pending.reply.whenComplete(
        (reply, failure) -> {
          Reply sent = failure == null ? reply : refusal(failure);
          metrics.request(pending.endpoint, sent.status(), System.nanoTime() - start);
          send(request, response, sent, callback);
        });
    return true;
  }

  private Pending answer(Request request) {
    String endpoint = "other";
    try {
      String method = request.getMethod();
      String path = request.getHttpURI().getPath();
      if (path != null && path.toLowerCase(java.util.Locale.ROOT).startsWith(ModelPath.PREFIX)) {
        ModelPath asked = ModelPath.of(method, path);
        endpoint = asked.verb().label();
        api.check(asked);
        return new Pending(
            endpoint,
            asked.verb().hasBody()
                ? BodyReader.read(request, settings.maxRequestBytes(), settings.requestTime())
                    .thenCompose(body -> api.post(asked, body))
                : CompletableFuture.completedFuture(api.get(asked)));
      }
      endpoint = page.endpoint(path);
      if (!READING.contains(method)) {
        throw new RequestRefusedException(405, "only GET and HEAD are answered here");
      }
      return new Pending(endpoint, CompletableFuture.completedFuture(page.reply(endpoint)));
    } catch (RuntimeException | Error e) {
      return new Pending(endpoint, CompletableFuture.failedFuture(e));
    }
  }

  private static Reply refusal(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof RequestRefusedException refused) {
      return Reply.error(refused.status(), refused.getMessage());
    }
    if (cause instanceof OutOfMemoryError) {
      LOGGER.warn("A request did not fit into the Java heap; give it more or take shorter ones");
      return Reply.error(503, "out of memory; send fewer or shorter rows");
    }
    LOGGER.error("A request failed", cause);
    return Reply.error(500, "the server failed: " + cause.getClass().getSimpleName());
  }

  private void send(Request request, Response response, Reply reply, Callback callback) {
    response.setStatus(reply.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, reply.contentType());
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, reply.body().length);
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    switch (reply.status()) {
      case HttpStatus.METHOD_NOT_ALLOWED_405 ->
          response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      case HttpStatus.TOO_MANY_REQUESTS_429, HttpStatus.SERVICE_UNAVAILABLE_503 ->
          response.getHeaders().put(new HttpField(HttpHeader.RETRY_AFTER, "1"));
      case HttpStatus.REQUEST_TIMEOUT_408, HttpStatus.PAYLOAD_TOO_LARGE_413 ->
          response.getHeaders().put(HttpHeader.CONNECTION, "close");
      default -> {}
    }
    if (reply.contentType().startsWith("text/html")) {
      response.getHeaders().put("Content-Security-Policy", Page.CONTENT_SECURITY_POLICY);
    }
    response.write(true, ByteBuffer.wrap(reply.body()), afterBody(request, reply, callback));
  }

  /**
   * A connection that is closed before the client has sent its whole body loses the answer on the
   * way, so the rest of a body that is too long is read first, and dropped.
   */
  private Callback afterBody(Request request, Reply reply, Callback callback) {
    return reply.status() == HttpStatus.PAYLOAD_TOO_LARGE_413
        ? Callback.from(
            () ->
                BodyReader.drop(request, settings.requestTime())
                    .whenComplete((done, failure) -> callback.succeeded()),
            callback::failed)
        : callback;
  }
}
