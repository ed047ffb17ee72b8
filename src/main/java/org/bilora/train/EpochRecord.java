package org.bilora.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableMap;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.MetricName;
import org.bilora.step.StepResult;

/**
 * What a pass over D1 (or over the training set) came to, or the passes since the last evaluation.
 *
 * @param epoch number of the last pass, counted from 1
 * @param step steps taken since the start of the run
 * @param lowerLoss mean over the epoch's steps of the task loss on D1 or the training set, each
 *     before its update; empty when the epoch met neither, as in the second of two stages
 * @param upperLoss likewise on D2; empty when the epoch did not meet it
 * @param devLoss mean task loss over the dev split after the epoch, without dropout
 * @param metrics the task's metrics on the dev split; NaN where one is undefined
 * @param lowerLearningRate of V at the epoch's last step, 0 when V is frozen
 * @param upperLearningRate of E at the epoch's last step; empty when there is no E or it is frozen
 * @param seconds of steps and evaluation
 * @param secondsPerStep median over the epoch's steps without those that were compiled; empty when
 *     there is none
 * @param adapters what the pseudo singular values and vectors have become; empty for a method
 *     without them
 * @param calibrationError expected calibration error on the dev split (see {@link
 *     org.bilora.eval.Calibration}); empty where there are no classes, and in older records
 * @param selection how the values do on what the best epoch is chosen on, where that is not the dev
 *     split
 * @param hypergradientTerms how much the hypergradient's second term matters, mean over the epoch's
 *     steps; empty for steps without one, and in older records
 */
@RecordBuilder
public record EpochRecord(
    int epoch,
    long step,
    @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble lowerLoss,
    @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble upperLoss,
    double devLoss,
    Map<MetricName, Double> metrics,
    double lowerLearningRate,
    @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble upperLearningRate,
    double seconds,
    @JsonProperty(required = false)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble secondsPerStep,
    @JsonProperty(required = false) Optional<AdapterStatistics> adapters,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble calibrationError,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<HeldOutScores> selection,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<StepResult.Terms> hypergradientTerms) {
  /** Copies what could change. */
  public EpochRecord {
    metrics = ImmutableMap.copyOf(metrics);
  }
}
