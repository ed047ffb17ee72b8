package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.data.MetricName;
import org.bilora.eval.Evaluation;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.step.FineTuning;

/**
 * How the values at the end of an epoch do on examples that they have not learnt from.
 *
 * @param loss mean task loss
 * @param metrics the task's
 * @param calibrationError the expected one; empty where there are no classes
 */
public record HeldOutScores(
    double loss,
    Map<MetricName, Double> metrics,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalDouble calibrationError) {
  /** Copies what could change. */
  public HeldOutScores {
    metrics = ImmutableMap.copyOf(metrics);
  }

  /**
   * Evaluates.
   *
   * @param examples held out
   * @param beforeEach is told of each batch and may throw to give up
   */
  static HeldOutScores of(
      FineTuning fineTuning,
      TrainingData data,
      List<EncodedExample> examples,
      TrainingSettings settings,
      Consumer<Batch> beforeEach) {
    if (data.task().languageModelling()) {
      LanguageModelEvaluation evaluation =
          LanguageModelEvaluation.of(
              examples,
              settings.batches(),
              batch -> {
                beforeEach.accept(batch);
                return fineTuning.loss(batch);
              });
      return new HeldOutScores(evaluation.loss(), evaluation.metrics(), OptionalDouble.empty());
    }
    Evaluation evaluation =
        Evaluation.of(
            data.task(),
            examples,
            settings.batchSize(),
            batch -> {
              beforeEach.accept(batch);
              return fineTuning.logits(batch);
            });
    return new HeldOutScores(
        evaluation.loss(), evaluation.metrics(), evaluation.calibrationError());
  }
}
