package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
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
  SPEARMAN,
  /** e to the mean cross-entropy of a token, of a language model. */
  PERPLEXITY;

  /** What {@link org.bilora.eval} computes from expected and predicted classes or scores. */
  public static List<MetricName> ofPredictions() {
    return ImmutableList.of(MATTHEWS, ACCURACY, F1, PEARSON, SPEARMAN);
  }

  /** Whether a value is better than another; NaN is better than nothing. */
  public boolean better(double value, double than) {
    if (Double.isNaN(than)) {
      return true;
    }
    return this == PERPLEXITY ? value < than : value > than;
  }

  /** The name in reports and JSON, such as {@code matthews}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
