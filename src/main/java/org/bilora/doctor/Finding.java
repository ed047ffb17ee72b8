package org.bilora.doctor;

import java.util.Optional;

/**
 * One thing that was looked at.
 *
 * @param name such as {@code tensorflow}
 * @param value what was found, one line
 * @param status whether that is good
 * @param advice what to do about it; empty when there is nothing to do
 */
public record Finding(String name, String value, Status status, Optional<String> advice) {

  /** How good it is. */
  public enum Status {
    /** As it should be. */
    OK,
    /** Works, but slower or with less than there could be. */
    WARN,
    /** Training cannot work. */
    BROKEN
  }

  static Finding ok(String name, String value) {
    return new Finding(name, value, Status.OK, Optional.empty());
  }

  static Finding ok(String name, String value, String advice) {
    return new Finding(name, value, Status.OK, Optional.of(advice));
  }

  static Finding warn(String name, String value, String advice) {
    return new Finding(name, value, Status.WARN, Optional.of(advice));
  }

  static Finding broken(String name, String value, String advice) {
    return new Finding(name, value, Status.BROKEN, Optional.of(advice));
  }

  /** What a check threw, as one line. */
  static String reason(Throwable thrown) {
    String message = thrown.getMessage() == null ? "" : thrown.getMessage().strip();
    return thrown.getClass().getSimpleName()
        + (message.isEmpty() ? "" : ": " + message.lines().findFirst().orElseThrow());
  }
}
