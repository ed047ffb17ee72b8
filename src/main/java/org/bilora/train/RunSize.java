package org.bilora.train;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bilora.data.Dataset;
import org.bilora.data.LanguageModelDataset;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.step.StepBatches;

/**
 * How much a run has to compute, known before it starts.
 *
 * @param steps of the whole run
 * @param tokensPerStep rows times length of all batches of a step, on average
 * @param shapes batch shapes, each of which is compiled once
 * @param evaluations of the dev split, and of what epochs are chosen on
 * @param devTokens tokens of one of them, padding left out
 */
public record RunSize(
    long steps, double tokensPerStep, int shapes, int evaluations, long devTokens) {

  /**
   * The size of a run that {@link Trainer} would make of these.
   *
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunSize of(PretrainedEncoder model, Dataset dataset, TrainingSettings settings) {
    return of(TrainingData.of(model, dataset, settings), settings);
  }

  /**
   * The same for a language model.
   *
   * @throws IllegalArgumentException when settings, model and data do not fit together
   */
  public static RunSize of(
      PretrainedDecoder model, LanguageModelDataset dataset, TrainingSettings settings) {
    return of(TrainingData.of(model, dataset, settings), settings);
  }

  static RunSize of(TrainingData data, TrainingSettings settings) {
    TrainingPlan plan = data.plan();
    double tokens = 0;
    Set<StepBatches.StepShape> shapes = new HashSet<>();
    for (TrainingPlan.Phase phase : plan.phases()) {
      List<StepBatches> epoch = phase.epoch(0);
      tokens +=
          phase.steps() * epoch.stream().mapToLong(StepBatches::tokens).average().orElseThrow();
      epoch.forEach(step -> shapes.add(step.shape()));
    }
    return new RunSize(
        plan.steps(),
        tokens / plan.steps(),
        shapes.size(),
        settings.evaluations(plan.epochs()),
        data.devTokens());
  }

  /** The time it takes at a measured speed. */
  public Duration time(RunSpeed speed) {
    double seconds =
        Math.min(steps, shapes) * speed.compilationSeconds()
            + steps * tokensPerStep * speed.secondsPerToken()
            + evaluations * devTokens * speed.evaluationSecondsPerToken();
    return Duration.ofMillis(Math.round(1000 * seconds));
  }
}
