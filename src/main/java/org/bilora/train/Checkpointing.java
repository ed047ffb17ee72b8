package org.bilora.train;

import java.time.Duration;
import java.util.Objects;
import org.bilora.settings.Range;

/**
 * How often a run saves its whole state, besides after every epoch. Has no influence on its
 * numbers.
 *
 * @param everySteps after that many steps; 0 for never
 * @param everyTime after that much time, at the next step's end
 */
public record Checkpointing(int everySteps, Duration everyTime) {

  /** Checks the ranges. */
  public Checkpointing {
    Range.atLeast("everySteps", everySteps, 0);
    Objects.requireNonNull(everyTime, "everyTime");
  }
}
