package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;

/**
 * The few lengths that batches are padded to. Each is a shape to compile, each missing one is
 * padding to compute.
 *
 * @param lengths ascending; the last one fits every example
 */
public record LengthBuckets(List<Integer> lengths) {
  private static final int MULTIPLE = 8;

  /** Checks that the lengths are positive and ascend. */
  public LengthBuckets {
    lengths = ImmutableList.copyOf(lengths);
    if (lengths.isEmpty()) {
      throw new IllegalArgumentException("lengths is empty; there must be one bucket or more");
    }
    int shorter = 0;
    for (int length : lengths) {
      if (length <= shorter) {
        throw new IllegalArgumentException(
            "lengths is %s; they must be positive and ascend".formatted(lengths));
      }
      shorter = length;
    }
  }

  /**
   * The buckets, multiples of 8, that leave the fewest padding tokens; of equally good ones the
   * fewest. The longest exceeds the longest example by at most 7 tokens.
   *
   * @param tokenCounts length of each example
   * @param most how many buckets at most
   */
  public static LengthBuckets choose(int[] tokenCounts, int most) {
    if (tokenCounts.length == 0) {
      throw new IllegalArgumentException("tokenCounts is empty; there must be one example or more");
    }
    if (most < 1) {
      throw new IllegalArgumentException("most is %d; it must be 1 or more".formatted(most));
    }
    int[] occurring =
        Arrays.stream(tokenCounts).map(LengthBuckets::roundUp).distinct().sorted().toArray();
    long[] examplesUpTo = new long[occurring.length + 1];
    for (int count : tokenCounts) {
      examplesUpTo[Arrays.binarySearch(occurring, roundUp(count)) + 1]++;
    }
    Arrays.parallelPrefix(examplesUpTo, Long::sum);
    return new LengthBuckets(fewestTokens(occurring, examplesUpTo, most));
  }

  /**
   * Dynamic programming over "the first {@code j} occurring lengths in {@code k} buckets". The
   * examples' own tokens are the same whatever the buckets, so computed tokens stand for padding.
   */
  private static List<Integer> fewestTokens(int[] occurring, long[] examplesUpTo, int most) {
    int lengths = occurring.length;
    int buckets = Math.min(most, lengths);
    long[][] tokens = new long[buckets + 1][lengths + 1];
    int[][] previous = new int[buckets + 1][lengths + 1];
    for (long[] row : tokens) {
      Arrays.fill(row, Long.MAX_VALUE);
    }
    tokens[0][0] = 0;
    for (int k = 1; k <= buckets; k++) {
      for (int j = k; j <= lengths; j++) {
        for (int i = k - 1; i < j; i++) {
          if (tokens[k - 1][i] == Long.MAX_VALUE) {
            continue;
          }
          long candidate =
              tokens[k - 1][i] + (examplesUpTo[j] - examplesUpTo[i]) * occurring[j - 1];
          if (candidate < tokens[k][j]) {
            tokens[k][j] = candidate;
            previous[k][j] = i;
          }
        }
      }
    }
    int used = 1;
    for (int k = 2; k <= buckets; k++) {
      used = tokens[k][lengths] < tokens[used][lengths] ? k : used;
    }
    Integer[] chosen = new Integer[used];
    for (int k = used, j = lengths; k > 0; j = previous[k][j], k--) {
      chosen[k - 1] = occurring[j - 1];
    }
    return ImmutableList.copyOf(chosen);
  }

  /**
   * The shortest bucket that fits.
   *
   * @throws IllegalArgumentException when none does
   */
  public int bucketFor(int tokenCount) {
    for (int length : lengths) {
      if (tokenCount <= length) {
        return length;
      }
    }
    throw new IllegalArgumentException(
        "an example of %d tokens fits none of the buckets %s; choose the buckets over every set"
            .formatted(tokenCount, lengths));
  }

  private static int roundUp(int tokenCount) {
    return Math.max(1, (tokenCount + MULTIPLE - 1) / MULTIPLE) * MULTIPLE;
  }
}
