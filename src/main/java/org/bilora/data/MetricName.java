package org.bilora.data;

import java.util.Locale;

/** Metrics that a task may be judged by; {@code org.bilora.eval} computes them. */
public enum MetricName {
  /** Matthews correlation coefficient, from -1 to 1. */
  MATTHEWS,
  /** Share of examples whose class is predicted. */
  ACCURACY,
  /** Harmonic mean of precision and recall of the second class. */
  F1,
  /** Pearson's correlation of scores. */
  PEARSON,
  /** Spearman's rank correlation of scores. */
  SPEARMAN;

  /** The name in reports and JSON, such as {@code matthews}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
