package org.bilora.data;

import com.google.common.collect.ImmutableList;

/**
 * The few lengths that batches are padded to. Each is a shape to compile, each missing one is
 * padding to compute.
 *
 * @param lengths ascending; the last one fits every example
 */
public record LengthBuckets(ImmutableList<Integer> lengths) {

  /**
   * The buckets, multiples of 8, that leave the fewest padding tokens.
   *
   * @param tokenCounts length of each example
   * @param most how many buckets at most
   */
  public static LengthBuckets choose(int[] tokenCounts, int most) {
    throw new UnsupportedOperationException();
  }

  /** The shortest bucket that fits. */
  public int bucketFor(int tokenCount) {
    throw new UnsupportedOperationException();
  }
}
