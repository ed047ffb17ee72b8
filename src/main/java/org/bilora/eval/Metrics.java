package org.bilora.eval;

import java.util.Arrays;
import org.bilora.data.MetricName;
import org.hipparchus.stat.correlation.Covariance;
import org.hipparchus.stat.descriptive.moment.Variance;
import org.hipparchus.stat.ranking.NaturalRanking;

/**
 * GLUE's metrics as pure functions. Values, degenerate ones included, are those of scikit-learn
 * (with {@code zero_division=0}) and SciPy.
 */
public final class Metrics {
  private Metrics() {}

  /**
   * One metric.
   *
   * <ul>
   *   <li>Matthews, for any number K of classes (Gorodkin 2004): {@code (c·s − Σ p_k t_k) /
   *       sqrt((s² − Σ p_k²)(s² − Σ t_k²))} with s examples, c of them right, p_k predicted as k
   *       and t_k of class k; 0 where only one class is expected or predicted.
   *   <li>Accuracy: {@code c / s}.
   *   <li>F1 of class 1: {@code 2 tp / (2 tp + fp + fn)}; 0 where class 1 is never predicted or
   *       never expected.
   *   <li>Pearson: {@code cov(x, y) / sqrt(var(x) var(y))}; Spearman: the same of the ranks, ties
   *       sharing their mean rank.
   * </ul>
   *
   * @param metric one of {@link MetricName#ofPredictions}
   * @param expected class indices or scores
   * @param predicted of the same length
   * @return NaN where a value is NaN, where there are no examples, and for the correlations where
   *     there are fewer than two or one side is constant
   */
  public static double compute(MetricName metric, double[] expected, double[] predicted) {
    if (expected.length != predicted.length) {
      throw new IllegalArgumentException(
          "%d expected and %d predicted values; they must be equally many"
              .formatted(expected.length, predicted.length));
    }
    if (expected.length == 0 || hasNaN(expected) || hasNaN(predicted)) {
      return Double.NaN;
    }
    return switch (metric) {
      case MATTHEWS -> matthews(classes(expected), classes(predicted));
      case ACCURACY -> accuracy(classes(expected), classes(predicted));
      case F1 -> f1(classes(expected), classes(predicted));
      case PEARSON -> pearson(expected, predicted);
      case SPEARMAN -> spearman(expected, predicted);
      default ->
          throw new IllegalArgumentException(
              "%s is no function of one class or score per example".formatted(metric.id()));
    };
  }

  private static double matthews(int[] expected, int[] predicted) {
    int most = Math.max(max(expected), max(predicted));
    long[] ofClass = new long[most + 1];
    long[] asClass = new long[most + 1];
    long right = 0;
    for (int i = 0; i < expected.length; i++) {
      ofClass[expected[i]]++;
      asClass[predicted[i]]++;
      right += expected[i] == predicted[i] ? 1 : 0;
    }
    double examples = expected.length;
    double covariance = right * examples;
    double expectedVariance = examples * examples;
    double predictedVariance = examples * examples;
    for (int k = 0; k <= most; k++) {
      covariance -= (double) ofClass[k] * asClass[k];
      expectedVariance -= (double) ofClass[k] * ofClass[k];
      predictedVariance -= (double) asClass[k] * asClass[k];
    }
    return expectedVariance == 0 || predictedVariance == 0
        ? 0
        : covariance / Math.sqrt(expectedVariance * predictedVariance);
  }

  private static double accuracy(int[] expected, int[] predicted) {
    int right = 0;
    for (int i = 0; i < expected.length; i++) {
      right += expected[i] == predicted[i] ? 1 : 0;
    }
    return (double) right / expected.length;
  }

  private static double f1(int[] expected, int[] predicted) {
    int truePositives = 0;
    int wrong = 0;
    for (int i = 0; i < expected.length; i++) {
      boolean positive = expected[i] == 1;
      boolean found = predicted[i] == 1;
      truePositives += positive && found ? 1 : 0;
      wrong += positive != found ? 1 : 0;
    }
    return truePositives == 0 ? 0 : 2.0 * truePositives / (2.0 * truePositives + wrong);
  }

  private static double spearman(double[] expected, double[] predicted) {
    return pearson(ranks(expected), ranks(predicted));
  }

  private static double[] ranks(double[] values) {
    // The ranking puts -0.0 below 0.0; adding 0 makes them one number.
    return new NaturalRanking().rank(Arrays.stream(values).map(value -> value + 0.0).toArray());
  }

  // Hipparchus's own PearsonsCorrelation takes the root of a difference, which costs half the
  // digits of a correlation near 0.
  private static double pearson(double[] expected, double[] predicted) {
    if (constant(expected) || constant(predicted)) {
      return Double.NaN;
    }
    double[] x = nearOne(expected);
    double[] y = nearOne(predicted);
    Variance variance = new Variance();
    double correlation =
        new Covariance().covariance(x, y)
            / (Math.sqrt(variance.evaluate(x)) * Math.sqrt(variance.evaluate(y)));
    return Math.max(-1, Math.min(1, correlation));
  }

  /**
   * Values on a scale where their squares neither overflow nor vanish, which a correlation does not
   * see: less their mean, the largest then between 1 and 2.
   */
  private static double[] nearOne(double[] values) {
    int exponent = exponent(values);
    double[] scaled = Arrays.stream(values).map(v -> Math.scalb(v, -exponent)).toArray();
    double mean = Arrays.stream(scaled).average().orElseThrow();
    double[] centred = Arrays.stream(scaled).map(v -> v - mean).toArray();
    int left = exponent(centred);
    return Arrays.stream(centred).map(v -> Math.scalb(v, -left)).toArray();
  }

  private static int exponent(double[] values) {
    double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
    return largest == 0 ? 0 : Math.getExponent(largest);
  }

  private static int[] classes(double[] values) {
    int[] classes = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      classes[i] = (int) values[i];
      if (classes[i] != values[i] || classes[i] < 0) {
        throw new IllegalArgumentException(
            "value %d is %s; a class index must be a whole number from 0".formatted(i, values[i]));
      }
    }
    return classes;
  }

  private static boolean constant(double[] values) {
    return Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  private static boolean hasNaN(double[] values) {
    return Arrays.stream(values).anyMatch(Double::isNaN);
  }

  private static int max(int[] values) {
    return Arrays.stream(values).max().orElseThrow();
  }
}
