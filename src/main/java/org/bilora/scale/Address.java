package org.bilora.scale;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a process of a cluster listens.
 *
 * @param host name or IPv4 address
 * @param port from 1 to 65535
 */
public record Address(String host, int port) {
  private static final Pattern FORM = Pattern.compile("([A-Za-z0-9._-]+):(\\d{1,5})");
  private static final int LAST_PORT = 65_535;

  /** Checks the port. */
  public Address {
    if (port < 1 || port > LAST_PORT) {
      throw new IllegalArgumentException(
          "port is %d; it must be from 1 to %d".formatted(port, LAST_PORT));
    }
  }

  /**
   * Reads {@code host:port}.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Address parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'%s' is no host:port, such as 10.0.0.5:4711".formatted(text));
    }
    return new Address(form.group(1), Integer.parseInt(form.group(2)));
  }

  /** Whether something listens there. */
  boolean answers(Duration timeout) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
