package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Locale;

/** Metrics that a task may be judged by; {@code org.bilora.eval} computes them. */
public enum MetricName {
  /** Matthews correlation coefficient, from -1 to 1. */
  MATTHEWS,
  /** Share of examples whose class is predicted; of several labels, all of them at once. */
  ACCURACY,
  /** Harmonic mean of precision and recall of the second class. */
  F1,
  /** F1 of all pairs of an example and a label together. */
  MICRO_F1,
  /** Mean of the labels' F1. */
  MACRO_F1,
  /** F1 of entities: right only with the right type from the first word to the last. */
  ENTITY_F1,
  /** Share of the predicted entities that are right. */
  ENTITY_PRECISION,
  /** Share of the expected entities that are predicted. */
  ENTITY_RECALL,
  /** Pearson's correlation of scores; of several, the mean over them. */
  PEARSON,
  /** Spearman's rank correlation of scores; of several, the mean over them. */
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
