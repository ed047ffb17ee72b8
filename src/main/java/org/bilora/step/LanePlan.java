package org.bilora.step;

import org.bilora.settings.Range;

/**
 * How many trainings run side by side.
 *
 * @param width trainings that take a step together, at most; 1 where each takes its own
 * @param places for trainings at once; with many more than take a step together, more of them have
 *     batches of one shape
 * @param threads steps that are computed at once
 * @param threadEach whether one thread computes a step, so that several at once do not get in each
 *     other's way; sessions must have threads of their own then, which {@code
 *     TF_OVERRIDE_GLOBAL_THREADPOOL} in the environment asks TensorFlow for
 */
public record LanePlan(int width, int places, int threads, boolean threadEach) {
  /** Checks the ranges. */
  public LanePlan {
    Range.atLeast("lanes", width, 1);
    Range.atLeast("places", places, width);
    Range.atLeast("threads", threads, 1);
  }

  /**
   * How many places it takes so that there are always as many full steps as threads among batches
   * of so many shapes.
   */
  public static int placesFor(int width, int shapes, int threads) {
    return shapes * (width - 1) + 1 + (threads - 1) * width;
  }
}
