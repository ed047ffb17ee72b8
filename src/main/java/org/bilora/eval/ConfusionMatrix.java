package org.bilora.eval;

import java.util.List;

/**
 * How often which class is taken for which.
 *
 * @param classes names in the order of rows and columns
 * @param counts {@code [expected][predicted]}
 */
public record ConfusionMatrix(List<String> classes, long[][] counts) {

  /** Counts predictions of classes, all of an example's (one for a text, one for each word). */
  static ConfusionMatrix of(
      List<String> classes, List<List<Double>> expected, List<List<Double>> predicted) {
    long[][] counts = new long[classes.size()][classes.size()];
    for (int i = 0; i < expected.size(); i++) {
      for (int j = 0; j < expected.get(i).size(); j++) {
        if (predicted.get(i).get(j).isNaN()) {
          throw new IllegalArgumentException(
              "the prediction of example %d is not a number; the model has diverged"
                  .formatted(i + 1));
        }
        counts[expected.get(i).get(j).intValue()][predicted.get(i).get(j).intValue()]++;
      }
    }
    return new ConfusionMatrix(List.copyOf(classes), counts);
  }

  /** Shares of a row, {@code [expected][predicted]}; 0 where a class is never expected. */
  public double[][] shares() {
    double[][] shares = new double[counts.length][counts.length];
    for (int e = 0; e < counts.length; e++) {
      long all = 0;
      for (long count : counts[e]) {
        all += count;
      }
      for (int p = 0; p < counts.length; p++) {
        shares[e][p] = all == 0 ? 0 : (double) counts[e][p] / all;
      }
    }
    return shares;
  }
}
