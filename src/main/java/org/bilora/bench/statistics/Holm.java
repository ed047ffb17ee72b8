package org.bilora.bench.statistics;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Holm's step-down correction of p-values for many comparisons (Holm 1979). */
public final class Holm {
  private Holm() {}

  /**
   * Adjusted p-values: {@code p̃(k) = max over j ≤ k of min(1, (m − j + 1) p(j))}, the p-values in
   * ascending order, m of them.
   *
   * @param p in any order; NaN stands for a test that could not be made and does not count
   * @return in the same order; NaN stays
   */
  public static double[] adjust(double... p) {
    List<Integer> ascending =
        IntStream.range(0, p.length)
            .filter(i -> !Double.isNaN(p[i]))
            .boxed()
            .sorted(Comparator.comparingDouble(i -> p[i]))
            .toList();
    double[] adjusted = p.clone();
    double largest = 0;
    for (int rank = 0; rank < ascending.size(); rank++) {
      int i = ascending.get(rank);
      largest = Math.max(largest, Math.min(1, (ascending.size() - rank) * p[i]));
      adjusted[i] = largest;
    }
    return adjusted;
  }
}
