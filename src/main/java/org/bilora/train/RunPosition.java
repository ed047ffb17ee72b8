package org.bilora.train;

import com.google.common.base.Stopwatch;
import com.google.common.base.Ticker;
import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.bilevel.StepKind;
import org.bilora.data.MetricName;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;

/** Where a run stands, moving on; {@link Checkpoint.Position} is its picture at one moment. */
final class RunPosition {
  private final Stopwatch sinceStart;
  private final double secondsBefore;
  private long step;
  private int epoch;
  private int iteration;
  private double lowerLossSum;
  private double upperLossSum;
  private double epochSeconds;
  private final List<Double> stepSeconds = new ArrayList<>();
  private List<EpochRecord> epochs;
  private Optional<RunRecord.Best> best;
  private Optional<StepResult.Terms> termsSum;

  /**
   * @param clock of the training
   */
  RunPosition(Checkpoint.Position from, Ticker clock) {
    this.sinceStart = Stopwatch.createStarted(clock);
    this.secondsBefore = from.seconds();
    this.step = from.step();
    this.epoch = from.epoch();
    this.iteration = from.iteration();
    this.lowerLossSum = from.lowerLossSum();
    this.upperLossSum = from.upperLossSum();
    this.epochSeconds = from.epochSeconds();
    this.epochs = from.epochs();
    this.best = from.bestEpoch();
    this.termsSum = from.termsSum();
  }

  Checkpoint.Position snapshot() {
    return CheckpointPositionBuilder.builder()
        .step(step)
        .epoch(epoch)
        .iteration(iteration)
        .lowerLossSum(lowerLossSum)
        .upperLossSum(upperLossSum)
        .epochSeconds(epochSeconds)
        .seconds(secondsBefore + elapsed().toNanos() / 1e9)
        .epochs(epochs)
        .bestEpoch(best)
        .termsSum(termsSum)
        .build();
  }

  /** Steps taken. */
  long step() {
    return step;
  }

  /** Epochs completed, which is the number of the current one counted from 0. */
  int epoch() {
    return epoch;
  }

  /** Steps taken of the current epoch. */
  int iteration() {
    return iteration;
  }

  /** Time since this start or resumption. */
  Duration elapsed() {
    return sinceStart.elapsed();
  }

  /**
   * Moves on by a step.
   *
   * @param compiled whether the step was compiled first, so that its time says nothing of others
   */
  void stepTaken(StepResult result, double seconds, boolean compiled) {
    step++;
    iteration++;
    lowerLossSum += result.lowerLoss().orElse(0);
    upperLossSum += result.upperLoss().orElse(0);
    result
        .terms()
        .ifPresent(
            terms -> {
              StepResult.Terms before = termsSum.orElse(new StepResult.Terms(0, 0));
              termsSum =
                  Optional.of(
                      new StepResult.Terms(
                          before.ratio() + terms.ratio(), before.cosine() + terms.cosine()));
            });
    epochSeconds += seconds;
    if (!compiled) {
      stepSeconds.add(seconds);
    }
  }

  /**
   * Moves to the next epoch.
   *
   * @param evaluation on the dev split
   * @param selection on what the best epoch is chosen on, where that is another set
   * @param kind of the epoch's steps
   * @param last rates of the epoch's last step
   * @param adapters of the values at its end
   * @return the epoch that ended
   */
  EpochRecord epochEvaluated(
      HeldOutScores evaluation,
      Optional<HeldOutScores> selection,
      double seconds,
      StepKind kind,
      StepRates last,
      MetricName primary,
      Optional<AdapterStatistics> adapters) {
    long steps = step - stepsEvaluated();
    EpochRecord ended =
        EpochRecordBuilder.builder()
            .epoch(epoch + 1)
            .step(step)
            .devLoss(evaluation.loss())
            .metrics(evaluation.metrics())
            .lowerLearningRate(last.lowerLearningRate())
            .seconds(epochSeconds + seconds)
            .lowerLoss(optional(kind.lowerBatches() > 0, lowerLossSum / steps))
            .upperLoss(optional(kind.upperBatches() > 0, upperLossSum / steps))
            .upperLearningRate(optional(kind.upperUpdates() > 0, last.upperLearningRate()))
            .secondsPerStep(
                stepSeconds.isEmpty()
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(Quantiles.median().compute(stepSeconds)))
            .adapters(adapters)
            .calibrationError(evaluation.calibrationError())
            .selection(selection)
            .hypergradientTerms(
                termsSum.map(
                    sum -> new StepResult.Terms(sum.ratio() / steps, sum.cosine() / steps)))
            .build();
    double value = selection.orElse(evaluation).metrics().get(primary);
    // An undefined metric is better than nothing only; of equals the earlier one is kept.
    if (best.isEmpty() || primary.better(value, best.get().value())) {
      best = Optional.of(new RunRecord.Best(ended.epoch(), primary, value));
    }
    epochs = ImmutableList.<EpochRecord>builder().addAll(epochs).add(ended).build();
    epoch++;
    iteration = 0;
    lowerLossSum = 0;
    upperLossSum = 0;
    termsSum = Optional.empty();
    epochSeconds = 0;
    stepSeconds.clear();
    return ended;
  }

  /** Moves to the next epoch without an evaluation; the next one that has one is of both. */
  void epochPassed() {
    epoch++;
    iteration = 0;
  }

  /** Steps before the last evaluation. */
  private long stepsEvaluated() {
    return epochs.isEmpty() ? 0 : epochs.get(epochs.size() - 1).step();
  }

  /** Evaluations since the best one. */
  int evaluationsSinceBest() {
    return (int)
        epochs.stream().filter(e -> best.isPresent() && e.epoch() > best.get().epoch()).count();
  }

  /** Whether the epoch that ended last is the best one. */
  boolean lastIsBest() {
    return best.isPresent() && best.get().epoch() == epoch;
  }

  private static OptionalDouble optional(boolean present, double value) {
    return present ? OptionalDouble.of(value) : OptionalDouble.empty();
  }
}
