package org.bilora.cli.progress;

import java.time.Duration;

/** Durations as people read them. */
public final class Clock {
  private Clock() {}

  /** Minutes and seconds, {@code 3:07}, or hours too, {@code 1:03:07}. */
  public static String format(Duration duration) {
    long hours = duration.toHours();
    return hours > 0
        ? "%d:%02d:%02d".formatted(hours, duration.toMinutesPart(), duration.toSecondsPart())
        : "%d:%02d".formatted(duration.toMinutesPart(), duration.toSecondsPart());
  }

  /** The same of a number of seconds. */
  public static String format(double seconds) {
    return format(Duration.ofSeconds(Math.round(seconds)));
  }
}
