package org.bilora.train;

import org.bilora.method.AdaLora;
import org.bilora.method.BiLora;
import org.bilora.method.Method;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.PseudoSvdMethod;
import org.bilora.step.StepRates;

/**
 * The rates of every step of a run: the same linear schedule, with its own peak, at both levels,
 * each over the steps that move the level.
 */
final class StepSchedule {
  private final TrainingPlan plan;
  private final LinearSchedule lower;
  private final LinearSchedule upper;
  private final Method method;

  StepSchedule(TrainingSettings settings, TrainingPlan plan) {
    OptimizerSettings optimizer = settings.optimizer();
    this.plan = plan;
    this.method = settings.method();
    this.lower =
        schedule(optimizer.learningRate(), optimizer.warmupRatio(), plan.moving().lowerSteps());
    this.upper =
        method instanceof PseudoSvdMethod pseudoSvd
            ? schedule(
                pseudoSvd.upperLearningRate(), optimizer.warmupRatio(), plan.moving().upperSteps())
            : null;
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
    TrainingPlan.Moves moves = plan.moves(step);
    TrainingPlan.StepsMoving before = plan.movedBefore(step);
    float lowerRate = moves.lower() > 0 ? (float) lower.at(before.lowerSteps()) : 0;
    float upperRate = moves.upper() > 0 ? (float) upper.at(before.upperSteps()) : 0;
    float xi = method instanceof BiLora bilora ? (float) bilora.xi().orElse(lowerRate) : 0;
    return new StepRates(
        step,
        lowerRate,
        upperRate,
        xi,
        before.lowerUpdates(),
        before.upperUpdates(),
        method instanceof AdaLora adaLora
            ? adaLora.allocation(step, plan.steps())
            : AdaLora.Allocation.NONE);
  }
}
