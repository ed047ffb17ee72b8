package org.bilora.step;

import java.util.List;

/**
 * A training among those of a session.
 *
 * @param place the row of the variables that is its own, where it runs beside others; 0 by itself
 * @param seed of its dropout
 * @param penaltyWeights γ of each penalty of both levels, where it runs beside others; none by
 *     itself, where they are constants
 */
record Lane(int place, long seed, List<Float> penaltyWeights) {
  /** Keeps a copy of the list. */
  Lane {
    penaltyWeights = List.copyOf(penaltyWeights);
  }

  /** A training by itself. */
  static Lane alone(long seed) {
    return new Lane(0, seed, List.of());
  }
}
