package org.bilora.train;

import java.util.Optional;
import org.bilora.step.Lanes;
import org.bilora.step.Workers;

/**
 * With whom a run takes its steps: processes that compute each of them together, or other trainings
 * that share steps with it.
 */
record Companions(Optional<Workers> workers, Optional<Lanes.Member> lanes) {
  /** This process, and this training by itself. */
  static final Companions NONE = new Companions(Optional.empty(), Optional.empty());

  static Companions of(Workers together) {
    return new Companions(Optional.of(together), Optional.empty());
  }

  static Companions of(Lanes.Member member) {
    return new Companions(Optional.empty(), Optional.of(member));
  }
}
