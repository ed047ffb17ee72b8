package org.bilora.step;

import java.util.List;

/**
 * What a training brings to a step besides its batches.
 *
 * @param place the row of the variables that is its own, where it runs beside others; 0 by itself
 * @param seed of its dropout
 * @param penaltyWeights γ of each penalty of both levels, where it runs beside others; none by
 *     itself, where they are constants
 * @param rates of this step
 */
record LaneTurn(int place, long seed, List<Float> penaltyWeights, StepRates rates) {
  /** Keeps a copy of the list. */
  LaneTurn {
    penaltyWeights = List.copyOf(penaltyWeights);
  }

  /** Of a training by itself. */
  static LaneTurn alone(long seed, StepRates rates) {
    return new LaneTurn(0, seed, List.of(), rates);
  }
}
