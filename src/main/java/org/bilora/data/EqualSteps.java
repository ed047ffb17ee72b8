package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.IntStream;

/** A part of a list that stands for the whole of it, the same one each time. */
public final class EqualSteps {
  private EqualSteps() {}

  /**
   * As many elements as wanted, or all, in equal steps from the first.
   *
   * @param most 1 or more
   */
  public static <E> List<E> of(List<E> all, int most) {
    int count = Math.min(all.size(), most);
    return IntStream.range(0, count)
        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
        .collect(ImmutableList.toImmutableList());
  }
}
