package org.bilora.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * Precision, recall and F1 by class, as scikit-learn's {@code classification_report} has them with
 * {@code zero_division=0}: with tp right, p predicted and e expected ones of a class, tp / p, tp /
 * e and 2 tp / (p + e).
 *
 * @param classes in the task's order
 * @param micro of the sums over all classes
 * @param macro mean over classes
 * @param weighted mean over classes, each as often as it is expected
 */
public record ClassReport(List<Row> classes, Row micro, Row macro, Row weighted) {

  /**
   * A line.
   *
   * @param support how many are expected
   */
  public record Row(String name, double precision, double recall, double f1, long support) {
    private static Row of(String name, long right, long predicted, long expected) {
      return new Row(
          name,
          ratio(right, predicted),
          ratio(right, expected),
          ratio(2 * right, predicted + expected),
          expected);
    }

    private static double ratio(long part, long whole) {
      return whole == 0 ? 0 : (double) part / whole;
    }
  }

  /** Copies the list. */
  public ClassReport {
    classes = List.copyOf(classes);
  }

  /**
   * The report of counts.
   *
   * @param right by class
   * @param predicted by class
   * @param expected by class
   */
  static ClassReport of(List<String> names, long[] right, long[] predicted, long[] expected) {
    List<Row> classes = new ArrayList<>();
    long rights = 0;
    long predictions = 0;
    long expectations = 0;
    double[] sums = new double[3];
    double[] weighted = new double[3];
    for (int k = 0; k < right.length; k++) {
      Row row = Row.of(names.get(k), right[k], predicted[k], expected[k]);
      classes.add(row);
      rights += right[k];
      predictions += predicted[k];
      expectations += expected[k];
      double[] values = {row.precision, row.recall, row.f1};
      for (int i = 0; i < values.length; i++) {
        sums[i] += values[i];
        weighted[i] += values[i] * expected[k];
      }
    }
    return new ClassReport(
        classes,
        Row.of("micro average", rights, predictions, expectations),
        mean("macro average", sums, right.length, expectations),
        mean("weighted average", weighted, expectations, expectations));
  }

  private static Row mean(String name, double[] sums, long count, long support) {
    double divisor = Math.max(1, count);
    return new Row(name, sums[0] / divisor, sums[1] / divisor, sums[2] / divisor, support);
  }

  /** Of one class per example. */
  static ClassReport ofClasses(
      List<String> names, List<List<Double>> expected, List<List<Double>> predicted) {
    long[][] counts = ConfusionMatrix.of(names, expected, predicted).counts();
    int classes = names.size();
    long[] right = new long[classes];
    long[] as = new long[classes];
    long[] of = new long[classes];
    for (int e = 0; e < classes; e++) {
      right[e] = counts[e][e];
      for (int p = 0; p < classes; p++) {
        of[e] += counts[e][p];
        as[p] += counts[e][p];
      }
    }
    return of(names, right, as, of);
  }

  /** Of labels that are there or not. */
  static ClassReport ofLabels(
      List<String> names, List<List<Double>> expected, List<List<Double>> predicted) {
    int labels = names.size();
    long[] right = new long[labels];
    long[] as = new long[labels];
    long[] of = new long[labels];
    for (int i = 0; i < expected.size(); i++) {
      for (int k = 0; k < labels; k++) {
        boolean e = expected.get(i).get(k) == 1;
        boolean p = predicted.get(i).get(k) == 1;
        right[k] += e && p ? 1 : 0;
        as[k] += p ? 1 : 0;
        of[k] += e ? 1 : 0;
      }
    }
    return of(names, right, as, of);
  }
}
