package org.bilora.serve;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;

/**
 * Jetty's HTTP/1.1 connections, and answers beside a request.
 *
 * <p>When a client closes its sending half within the headers, Jetty has 400 written by one thread
 * while another closes the connection. Here it is written first.
 */
final class HttpConnections extends HttpConnectionFactory {
  HttpConnections(HttpConfiguration configuration) {
    super(configuration);
  }

  @Override
  public Connection newConnection(Connector connector, EndPoint endPoint) {
    return configure(
        new AnsweringConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
  }

  private static final class AnsweringConnection extends HttpConnection {
    AnsweringConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
      super(configuration, connector, endPoint);
    }

    @Override
    protected RequestHandler newRequestHandler() {
      return new RequestHandler() {
        @Override
        public void badMessage(HttpException failure) {
          if (getParser().isAtEOF() && getHttpChannel().getRequest() == null) {
            answer(getEndPoint(), 400, "the request ends within its headers", Callback.NOOP);
          } else {
            super.badMessage(failure);
          }
        }
      };
    }
  }

  /** Writes an error to a connection that has no request in work; the caller closes it. */
  static void answer(EndPoint endPoint, int status, String message, Callback written) {
    byte[] body = Reply.error(status, message).body();
    String head =
        "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(status, HttpStatus.getMessage(status), Reply.JSON, body.length);
    endPoint.write(
        written, ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)), ByteBuffer.wrap(body));
  }
}
