package org.bilora.bench.step;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.util.Collections;
import java.util.List;

/**
 * Times of the same step, in milliseconds, in the order they were taken.
 *
 * @param milliseconds at least one
 */
public record Durations(List<Double> milliseconds) {

  /** Checks that there is one. */
  public Durations {
    milliseconds = ImmutableList.copyOf(milliseconds);
    if (milliseconds.isEmpty()) {
      throw new IllegalArgumentException("no step was timed");
    }
  }

  static Durations of(List<Double> milliseconds) {
    return new Durations(ImmutableList.copyOf(milliseconds));
  }

  /** The median; the mean of the two in the middle of an even number. */
  public double median() {
    return Quantiles.median().compute(milliseconds);
  }

  /** The shortest. */
  public double min() {
    return Collections.min(milliseconds);
  }
}
