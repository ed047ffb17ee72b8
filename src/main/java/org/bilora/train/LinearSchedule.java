package org.bilora.train;

import org.bilora.settings.Range;

/**
 * Linear warm-up from 0, then linear decay to 0, as in BERT's fine-tuning.
 *
 * <p>With w warm-up steps of n: rate(t) = peak · (t + 1) / w for t &lt; w, then peak · (n − t) / (n
 * − w). Counting from t + 1 lets the first step move.
 *
 * @param peak highest rate
 * @param warmupSteps w
 * @param totalSteps n
 */
public record LinearSchedule(double peak, int warmupSteps, int totalSteps) {

  /** Checks the ranges. */
  public LinearSchedule {
    Range.positive("peak", peak);
    Range.atLeast("totalSteps", totalSteps, 1);
    Range.atLeast("warmupSteps", warmupSteps, 0);
    if (warmupSteps >= totalSteps && warmupSteps > 0) {
      throw new IllegalArgumentException(
          "warmupSteps is %d; it must be below totalSteps %d".formatted(warmupSteps, totalSteps));
    }
  }

  /** A schedule whose warm-up is a share of all steps. */
  public static LinearSchedule withWarmupRatio(double peak, double warmupRatio, int totalSteps) {
    return new LinearSchedule(
        peak, Math.min((int) Math.round(warmupRatio * totalSteps), totalSteps - 1), totalSteps);
  }

  /** The rate at a step counted from 0; 0 from {@code totalSteps} on. */
  public double at(long step) {
    if (step < warmupSteps) {
      return peak * (step + 1) / warmupSteps;
    }
    return step >= totalSteps ? 0 : peak * (totalSteps - step) / (totalSteps - warmupSteps);
  }
}
