package org.bilora.bench.statistics;

import java.util.OptionalDouble;
import org.hipparchus.stat.inference.TTest;

/**
 * Two methods on the same seeds.
 *
 * @param differences first minus second, seed by seed
 * @param p two-sided p of the paired t-test; 1 where all differences are 0; NaN of fewer than two
 * @param wilcoxon exact two-sided p of Wilcoxon's signed-rank test; empty of fewer than {@value
 *     #LEAST_FOR_WILCOXON} pairs, which cannot make it smaller than 0.05
 */
public record PairedTest(Sample differences, double p, OptionalDouble wilcoxon) {
  private static final int LEAST_FOR_WILCOXON = 6;

  /**
   * Tests.
   *
   * @param first scores by seed
   * @param second in the same order
   */
  public static PairedTest of(double[] first, double[] second) {
    if (first.length != second.length) {
      throw new IllegalArgumentException(
          "%d and %d scores; a paired test needs equally many"
              .formatted(first.length, second.length));
    }
    double[] differences = new double[first.length];
    boolean allZero = true;
    boolean allEqual = true;
    for (int i = 0; i < first.length; i++) {
      differences[i] = first[i] - second[i];
      allZero &= differences[i] == 0;
      allEqual &= differences[i] == differences[0];
    }
    Sample sample = Sample.of(differences);
    if (first.length < 2) {
      return new PairedTest(sample, Double.NaN, OptionalDouble.empty());
    }
    OptionalDouble wilcoxon =
        first.length < LEAST_FOR_WILCOXON
            ? OptionalDouble.empty()
            : OptionalDouble.of(SignedRanks.p(differences));
    // Without spread t is 0/0 or infinite.
    double p = allEqual ? (allZero ? 1 : 0) : new TTest().pairedTTest(first, second);
    return new PairedTest(sample, p, wilcoxon);
  }
}
