package org.bilora.train;

/**
 * The rates of every step of a run: the same linear schedule, with its own peak, at both levels.
 */
final class StepSchedule {
  private final LinearSchedule lower;
  private final LinearSchedule upper;
  private final BiLora bilora;

  StepSchedule(TrainingSettings settings, long totalSteps) {
    OptimizerSettings optimizer = settings.optimizer();
    int steps = Math.toIntExact(totalSteps);
    this.bilora = settings.method() instanceof BiLora b ? b : null;
    this.lower =
        LinearSchedule.withWarmupRatio(optimizer.learningRate(), optimizer.warmupRatio(), steps);
    this.upper =
        bilora == null
            ? null
            : LinearSchedule.withWarmupRatio(
                bilora.upperLearningRate(), optimizer.warmupRatio(), steps);
  }

  /**
   * Rates of a step; ξ is the lower level's rate unless it was set.
   *
   * @param step counted from 0
   */
  StepRates rates(long step) {
    float lowerRate = (float) lower.at(step);
    if (bilora == null) {
      return new StepRates(step, lowerRate, 0, 0);
    }
    return new StepRates(
        step, lowerRate, (float) upper.at(step), (float) bilora.xi().orElse(lowerRate));
  }
}
