package org.bilora.data;

import java.util.List;

/**
 * Which examples meet in which step. A pure function of the data, the seed and the epoch's number,
 * so that an interrupted run finds its place again.
 *
 * <p>All batches of one iteration share one length (one compiled shape): lower batches come from
 * one bucket of D1, shuffled; upper batches from D2's same bucket, cycled through in a shuffled
 * order of their own. A bucket's last incomplete batch is filled from, or moved into, the next
 * longer bucket; only the epoch's last batches carry padding rows.
 */
public final class EpochPlan {

  /**
   * One step's batches, all of one length.
   *
   * @param lower T1 batches of D1, or one batch of the training set
   * @param upper T2 batches of D2; empty for a single-level method
   */
  public record Iteration(List<Batch> lower, List<Batch> upper) {}

  /**
   * @param lower D1, or the training set
   * @param upper D2; empty for a single-level method
   * @param lowerSteps T1
   * @param upperSteps T2; 0 for a single-level method
   */
  public EpochPlan(
      List<EncodedExample> lower,
      List<EncodedExample> upper,
      LengthBuckets buckets,
      int batchSize,
      int lowerSteps,
      int upperSteps,
      long seed) {
    throw new UnsupportedOperationException();
  }

  /** Iterations in every epoch; the same for all. */
  public int iterationsPerEpoch() {
    throw new UnsupportedOperationException();
  }

  /**
   * The iterations of one epoch, in order.
   *
   * @param number counted from 0
   */
  public List<Iteration> epoch(int number) {
    throw new UnsupportedOperationException();
  }
}
