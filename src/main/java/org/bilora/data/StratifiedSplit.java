package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The training set cut in two, each class (or other stratum, see {@link Strata}) in the same
 * proportion on both sides.
 *
 * @param lower D1
 * @param upper D2
 */
public record StratifiedSplit(List<Example> lower, List<Example> upper) {
  /** Keeps copies of the collections. */
  public StratifiedSplit {
    lower = ImmutableList.copyOf(lower);
    upper = ImmutableList.copyOf(upper);
  }

  /**
   * A seeded split. Both sides keep the examples' order. D1 gets the rounded share of the whole,
   * and of each class the share rounded up or down.
   *
   * @param lowerFraction share of D1, above 0 and below 1; both sides get at least one example
   * @throws IllegalArgumentException when there are fewer than two examples, or one has no label
   */
  public static StratifiedSplit of(
      List<Example> examples, Task task, double lowerFraction, long seed) {
    boolean[] inLower = inLower(examples, task, lowerFraction, seed, 0);
    return new StratifiedSplit(
        select(examples, i -> inLower[i]), select(examples, i -> !inLower[i]));
  }

  /**
   * Which examples are in D1, in a split of an epoch's own; that of the first epoch is the one of
   * {@link #of}.
   *
   * @param epoch counted from 0
   * @throws IllegalArgumentException as {@link #of}
   */
  public static boolean[] inLower(
      List<Example> examples, Task task, double lowerFraction, long seed, int epoch) {
    if (!(lowerFraction > 0 && lowerFraction < 1)) {
      throw new IllegalArgumentException(
          "lowerFraction is %s; it must be above 0 and below 1".formatted(lowerFraction));
    }
    if (examples.size() < 2) {
      throw new IllegalArgumentException(
          "%d examples cannot be split in two; there must be 2 or more".formatted(examples.size()));
    }
    int[] strata = Strata.of(examples, task);
    int[] quotas = quotas(strata, lowerFraction);
    boolean[] inLower = new boolean[examples.size()];
    long[] keys = epoch == 0 ? new long[] {seed} : new long[] {seed, epoch};
    for (int i : SeededOrder.permutation(examples.size(), keys)) {
      inLower[i] = quotas[strata[i]]-- > 0;
    }
    return inLower;
  }

  /** How many of each stratum go to D1: the largest remainders are rounded up. */
  private static int[] quotas(int[] strata, double fraction) {
    int[] sizes = new int[Arrays.stream(strata).max().orElseThrow() + 1];
    for (int stratum : strata) {
      sizes[stratum]++;
    }
    int[] quotas = Arrays.stream(sizes).map(size -> (int) (size * fraction)).toArray();
    int total = (int) Math.round(strata.length * fraction);
    int missing = Math.max(1, Math.min(strata.length - 1, total)) - IntStream.of(quotas).sum();
    double[] remainders =
        IntStream.range(0, sizes.length)
            .mapToDouble(s -> sizes[s] * fraction - quotas[s])
            .toArray();
    for (; missing > 0; missing--) {
      int largest = 0;
      for (int s = 1; s < sizes.length; s++) {
        largest = remainders[s] > remainders[largest] ? s : largest;
      }
      quotas[largest]++;
      remainders[largest] = -1;
    }
    return quotas;
  }

  private static List<Example> select(List<Example> examples, IntPredicate wanted) {
    return IntStream.range(0, examples.size())
        .filter(wanted)
        .mapToObj(examples::get)
        .collect(ImmutableList.toImmutableList());
  }
}
