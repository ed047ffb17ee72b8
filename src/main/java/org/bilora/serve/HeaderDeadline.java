package org.bilora.serve;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.AbstractLifeCycle;

/**
 * Closes connections whose request headers take too long, with 408.
 *
 * <p>Jetty closes a connection that is silent; one that sends a byte now and then would live for
 * ever. So all connections are looked at several times within the allowed time: one that has sent
 * bytes since its last request, has none in work and has begun no new one for that time is closed.
 */
final class HeaderDeadline extends AbstractLifeCycle {
  private static final int LOOKS = 10;

  private final ServerConnector connector;
  private final long limitNanos;
  private final Map<EndPoint, Headers> connections = new ConcurrentHashMap<>();
  private final Set<Connection> busy = ConcurrentHashMap.newKeySet();

  /**
   * A connection between two requests.
   *
   * @param messages requests whose headers were complete
   * @param bytes received when this began
   * @param since when this began, {@link System#nanoTime}
   */
  private record Headers(long messages, long bytes, long since) {}

  HeaderDeadline(ServerConnector connector, Duration limit) {
    this.connector = connector;
    this.limitNanos = limit.toNanos();
  }

  /** A request of the connection is in work. */
  void begin(Connection connection) {
    busy.add(connection);
  }

  /** The request of the connection is answered. */
  void end(Connection connection) {
    busy.remove(connection);
  }

  @Override
  protected void doStart() {
    lookLater();
  }

  private void lookLater() {
    connector
        .getScheduler()
        .schedule(this::look, Math.max(1, limitNanos / LOOKS), TimeUnit.NANOSECONDS);
  }

  private void look() {
    if (!isRunning() && !isStarting()) {
      return;
    }
    try {
      Set<EndPoint> open = Set.copyOf(connector.getConnectedEndPoints());
      connections.keySet().retainAll(open);
      long now = System.nanoTime();
      for (EndPoint endPoint : open) {
        look(endPoint, now);
      }
    } finally {
      lookLater();
    }
  }

  private void look(EndPoint endPoint, long now) {
    Connection connection = endPoint.getConnection();
    if (connection == null) {
      return;
    }
    long messages = connection.getMessagesIn();
    long bytes = connection.getBytesIn();
    Headers before = connections.computeIfAbsent(endPoint, made -> new Headers(0, 0, now));
    if (before.messages != messages || before.bytes == bytes || busy.contains(connection)) {
      connections.put(endPoint, new Headers(messages, bytes, now));
    } else if (now - before.since > limitNanos) {
      connections.remove(endPoint);
      HttpConnections.answer(
          endPoint, 408, "the headers took too long to arrive", Callback.from(endPoint::close));
    }
  }
}
