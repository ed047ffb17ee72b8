package org.bilora.bench.statistics;

import java.util.Arrays;
import org.hipparchus.stat.ranking.NaturalRanking;

/**
 * Wilcoxon's signed-rank test (Wilcoxon 1945) by its exact permutation distribution, shared ranks
 * included. Differences that are 0 are left out; the others are ranked by magnitude, equal ones
 * share their mean rank, and W⁺ is the sum of the positive ones' ranks. Were both signs equally
 * likely, all {@code 2ⁿ} choices of signs would be, so that
 *
 * <pre>
 * p = min(1, 2 P(W ≤ min(W⁺, W⁻)))    W = Σᵢ sᵢ Rᵢ,  sᵢ = 0 or 1 with probability ½ each
 * </pre>
 *
 * The distribution of twice W, which is whole, is built up rank by rank (the shift algorithm of
 * Streitberg and Röhmel 1986) in {@code O(n³)}.
 */
final class SignedRanks {
  /**
   * Differences of scores that are equal on paper differ in their last bits; below this share of
   * the largest one they count as equal.
   */
  private static final double RESOLUTION = 1e-10;

  private SignedRanks() {}

  /** Two-sided p of paired differences; 1 where none is other than 0. */
  static double p(double... differences) {
    double largest = Arrays.stream(differences).map(Math::abs).max().orElse(0);
    double[] kept =
        Arrays.stream(differences)
            .map(d -> largest == 0 ? 0 : Math.rint(d / largest / RESOLUTION))
            .filter(d -> d != 0)
            .toArray();
    if (kept.length == 0) {
      return 1;
    }
    double[] ranks = new NaturalRanking().rank(Arrays.stream(kept).map(Math::abs).toArray());
    int[] doubled = Arrays.stream(ranks).mapToInt(rank -> (int) Math.rint(2 * rank)).toArray();
    int all = Arrays.stream(doubled).sum();
    int positive = 0;
    for (int i = 0; i < kept.length; i++) {
      positive += kept[i] > 0 ? doubled[i] : 0;
    }
    double[] probabilities = distribution(doubled, all);
    double tail = 0;
    for (int sum = Math.min(positive, all - positive); sum >= 0; sum--) {
      tail += probabilities[sum];
    }
    return Math.min(1, 2 * tail);
  }

  /** Probability of every sum of ranks, each of which counts with probability ½. */
  private static double[] distribution(int[] ranks, int all) {
    double[] probabilities = new double[all + 1];
    probabilities[0] = 1;
    int reached = 0;
    for (int rank : ranks) {
      reached += rank;
      for (int sum = reached; sum >= 0; sum--) {
        double without = probabilities[sum];
        double with = sum >= rank ? probabilities[sum - rank] : 0;
        probabilities[sum] = (without + with) / 2;
      }
    }
    return probabilities;
  }
}
