package org.bilora.export;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/** What the files beside an export say about batches. */
final class ServingLimits {
  /** Batches are filled up to one of these numbers of rows. */
  static final List<Integer> BATCH_SIZES = ImmutableList.of(1, 2, 4, 8, 16, 32);

  /** How long the first request of a batch waits for others, in microseconds. */
  static final int BATCH_TIMEOUT_MICROS = 2_000;

  /** Batches that wait before requests are turned away. */
  static final int ENQUEUED_BATCHES = 64;

  private static final int SHORTEST = 16;

  private ServingLimits() {}

  /** Most rows of a batch. */
  static int largestBatch() {
    return BATCH_SIZES.get(BATCH_SIZES.size() - 1);
  }

  /** Lengths in tokens that requests are tried with: powers of two, and the longest. */
  static List<Integer> lengths(int maxTokens) {
    List<Integer> lengths = new ArrayList<>();
    for (int length = SHORTEST; length < maxTokens; length *= 2) {
      lengths.add(length);
    }
    lengths.add(maxTokens);
    return lengths;
  }
}
