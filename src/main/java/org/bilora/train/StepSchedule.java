package org.bilora.train;

import java.util.Optional;
import org.bilora.bilevel.StepKind;
import org.bilora.method.OptimizerSettings;
import org.bilora.step.StepRates;

/**
 * The rates of every step of a run: the same linear schedule, with its own peak, at both levels,
 * each over the steps that move the level.
 */
final class StepSchedule {
  private final TrainingPlan plan;
  private final LinearSchedule lower;
  private final Optional<LinearSchedule> upper;

  StepSchedule(TrainingSettings settings, TrainingPlan plan) {
    OptimizerSettings optimizer = settings.optimizer();
    this.plan = plan;
    this.lower =
        schedule(optimizer.learningRate(), optimizer.warmupRatio(), plan.moving().lowerSteps());
    this.upper =
        settings.method().peakUpperLearningRate().stream()
            .mapToObj(peak -> schedule(peak, optimizer.warmupRatio(), plan.moving().upperSteps()))
            .findFirst();
  }

  private static LinearSchedule schedule(double peak, double warmupRatio, long steps) {
    return LinearSchedule.withWarmupRatio(peak, warmupRatio, Math.max(1, Math.toIntExact(steps)));
  }

  /**
   * Rates of a step, 0 for a level that it does not move; ξ is the lower level's rate unless it was
   * set.
   *
   * @param step counted from 0
   */
  StepRates rates(long step) {
    StepKind kind = plan.kind(step);
    TrainingPlan.StepsMoving before = plan.movedBefore(step);
    float lowerRate = kind.lowerUpdates() > 0 ? (float) lower.at(before.lowerSteps()) : 0;
    float upperRate =
        kind.upperUpdates() > 0 ? (float) upper.orElseThrow().at(before.upperSteps()) : 0;
    return new StepRates(
        step,
        plan.steps(),
        lowerRate,
        upperRate,
        kind instanceof StepKind.Bilevel bilevel ? (float) bilevel.xi().orElse(lowerRate) : 0,
        before.lowerUpdates(),
        before.upperUpdates());
  }
}
