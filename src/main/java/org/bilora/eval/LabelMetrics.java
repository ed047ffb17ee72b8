package org.bilora.eval;

import java.util.List;
import org.bilora.data.MetricName;

/**
 * Metrics of several labels per example. Values, degenerate ones included, are those of
 * scikit-learn with {@code zero_division=0}.
 *
 * <pre>
 * F1 of a label   2 tp / (2 tp + fp + fn), 0 where the label is neither expected nor predicted
 * micro F1        the same of the sums over all labels
 * macro F1        the mean over labels
 * accuracy        share of examples with all labels right
 * </pre>
 */
final class LabelMetrics {
  private LabelMetrics() {}

  /**
   * One metric.
   *
   * @param expected 1 for each label that is there and 0 for the others, by example
   * @param predicted likewise
   * @return NaN where a prediction is NaN or there is no example
   */
  static double compute(
      MetricName metric, List<List<Double>> expected, List<List<Double>> predicted) {
    if (expected.isEmpty() || predicted.stream().flatMap(List::stream).anyMatch(p -> p.isNaN())) {
      return Double.NaN;
    }
    int labels = expected.get(0).size();
    long[] right = new long[labels];
    long[] positive = new long[labels];
    int exact = 0;
    for (int i = 0; i < expected.size(); i++) {
      for (int k = 0; k < labels; k++) {
        double e = expected.get(i).get(k);
        double p = predicted.get(i).get(k);
        right[k] += (long) (e * p);
        positive[k] += (long) (e + p);
      }
      exact += expected.get(i).equals(predicted.get(i)) ? 1 : 0;
    }
    return switch (metric) {
      case MICRO_F1 -> f1(sum(right), sum(positive));
      case MACRO_F1 -> {
        double sum = 0;
        for (int k = 0; k < labels; k++) {
          sum += f1(right[k], positive[k]);
        }
        yield sum / labels;
      }
      case ACCURACY -> (double) exact / expected.size();
      default ->
          throw new IllegalArgumentException(
              "%s is no metric of several labels".formatted(metric.id()));
    };
  }

  /**
   * Harmonic mean of precision and recall.
   *
   * @param right true positives
   * @param positive expected and predicted ones together
   */
  private static double f1(long right, long positive) {
    return positive == 0 ? 0 : 2.0 * right / positive;
  }

  private static long sum(long[] counts) {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }
}
