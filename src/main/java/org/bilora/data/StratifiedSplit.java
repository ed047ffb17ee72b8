package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * The training set cut in two, each class (or, for scores, each fifth of their range) in the same
 * proportion on both sides.
 *
 * @param lower D1
 * @param upper D2
 */
public record StratifiedSplit(ImmutableList<Example> lower, ImmutableList<Example> upper) {

  /**
   * A seeded split.
   *
   * @param lowerFraction share of D1, above 0 and below 1; both sides get at least one example
   */
  public static StratifiedSplit of(
      List<Example> examples, Task task, double lowerFraction, long seed) {
    throw new UnsupportedOperationException();
  }
}
