package org.bilora.eval;

import org.bilora.data.MetricName;

/** GLUE's metrics as pure functions. */
public final class Metrics {
  private Metrics() {}

  /**
   * One metric.
   *
   * @param expected class indices or scores
   * @param predicted of the same length
   * @return NaN where the metric is undefined, except Matthews, which is then 0
   */
  public static double compute(MetricName metric, double[] expected, double[] predicted) {
    throw new UnsupportedOperationException();
  }
}
