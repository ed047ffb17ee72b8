package org.bilora.train;

import com.google.common.collect.ImmutableMap;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.bilora.data.Batch;
import org.bilora.data.MetricName;
import org.bilora.eval.Evaluation;
import org.bilora.eval.LanguageModelEvaluation;
import org.bilora.step.FineTuning;

/**
 * How the values at the end of an epoch do on the dev split.
 *
 * @param loss mean task loss
 * @param metrics the task's
 * @param calibrationError the expected one; empty where there are no classes
 */
record DevScores(
    double loss, ImmutableMap<MetricName, Double> metrics, OptionalDouble calibrationError) {

  /**
   * Evaluates.
   *
   * @param beforeEach is told of each batch and may throw to give up
   */
  static DevScores of(
      FineTuning fineTuning,
      TrainingData data,
      TrainingSettings settings,
      Consumer<Batch> beforeEach) {
    if (data.task().languageModelling()) {
      LanguageModelEvaluation evaluation =
          LanguageModelEvaluation.of(
              data.dev(),
              settings.batches(),
              batch -> {
                beforeEach.accept(batch);
                return fineTuning.loss(batch);
              });
      return new DevScores(evaluation.loss(), evaluation.metrics(), OptionalDouble.empty());
    }
    Evaluation evaluation =
        Evaluation.of(
            data.task(),
            data.dev(),
            settings.batchSize(),
            batch -> {
              beforeEach.accept(batch);
              return fineTuning.logits(batch);
            });
    return new DevScores(evaluation.loss(), evaluation.metrics(), evaluation.calibrationError());
  }
}
