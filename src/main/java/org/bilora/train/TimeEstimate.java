package org.bilora.train;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bilora.step.StepBatches;

/**
 * How long a run still takes: steps by their tokens, the compilations still to come (one per batch
 * shape), and evaluations.
 */
final class TimeEstimate {
  // An evaluation is a forward pass, a step at least a forward and a backward one.
  private static final double EVALUATION_SHARE = 0.5;

  private final double tokensPerStep;
  private final long devTokens;
  private final Set<StepBatches.StepShape> shapesToCome = new HashSet<>();
  private final Set<StepBatches.StepShape> shapesSeen = new HashSet<>();
  private long tokens;
  private double seconds;
  private double compilationSeconds;
  private int evaluations;
  private double evaluationSeconds;

  /**
   * @param epoch what every epoch is like
   * @param devTokens tokens of one evaluation
   */
  TimeEstimate(List<StepBatches> epoch, long devTokens) {
    long sum = 0;
    for (StepBatches step : epoch) {
      sum += step.tokens();
      shapesToCome.add(step.shape());
    }
    this.tokensPerStep = (double) sum / epoch.size();
    this.devTokens = devTokens;
  }

  /** Whether a step of this shape has not been noted yet. */
  boolean isNew(StepBatches step) {
    return !shapesSeen.contains(step.shape());
  }

  /** Notes a step. */
  void step(StepBatches step, double took) {
    if (shapesSeen.add(step.shape())) {
      shapesToCome.remove(step.shape());
      compilationSeconds += took;
    } else {
      tokens += step.tokens();
      seconds += took;
    }
  }

  /** Notes an evaluation. */
  void evaluation(double took) {
    evaluations++;
    evaluationSeconds += took;
  }

  /** The time for what is left; empty before a step without compilation was noted. */
  Optional<Duration> left(long stepsLeft, int evaluationsLeft) {
    if (tokens == 0) {
      return Optional.empty();
    }
    double perToken = seconds / tokens;
    double perEvaluation =
        evaluations == 0
            ? EVALUATION_SHARE * devTokens * perToken
            : evaluationSeconds / evaluations;
    double perCompilation = compilationSeconds / Math.max(1, shapesSeen.size());
    double total =
        stepsLeft * tokensPerStep * perToken
            + Math.min(stepsLeft, shapesToCome.size()) * perCompilation
            + evaluationsLeft * perEvaluation;
    return Optional.of(Duration.ofMillis(Math.round(1000 * total)));
  }
}
