package org.bilora.train;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;
import org.bilora.weights.HostTensor;

/**
 * The steps, evaluations and checkpoints of one run, from a position to its end.
 *
 * <p>Whatever is written at the end of an epoch is written in the order checkpoint, best values,
 * run record: the checkpoint holds all three, so a run killed in between is made whole again when
 * it is resumed.
 */
final class TrainingLoop {
  /** Everything about a run that stays as it is while it runs. */
  record Setting(
      TrainingSettings settings,
      TrainingData data,
      RunDirectory directory,
      Checkpointing checkpointing,
      List<TrainingListener> listeners,
      BooleanSupplier stopRequested) {

    void tell(Consumer<TrainingListener> news) {
      listeners.forEach(news);
    }
  }

  /** An evaluation was given up because a stop was requested. */
  private static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private final Setting setting;
  private final FineTuning fineTuning;
  private final StepSchedule schedule;
  private final RunPosition position;
  private final Stopwatch sinceCheckpoint = Stopwatch.createStarted();
  private RunRecord record;
  private Map<String, HostTensor> best;

  /**
   * @param record as it stands in the directory
   * @param from where to go on; the fine-tuning already has its state
   */
  TrainingLoop(Setting setting, FineTuning fineTuning, RunRecord record, Checkpoint from) {
    this.setting = setting;
    this.fineTuning = fineTuning;
    this.record = record;
    this.best = from.best();
    this.schedule = new StepSchedule(setting.settings(), setting.data().plan());
    this.position = new RunPosition(from.position(), fineTuning.ticker());
  }

  /**
   * Takes the steps that are left.
   *
   * @throws DivergedException when something is no longer finite; the record then says so
   */
  RunRecord run() throws IOException {
    try (Curves curves =
        Curves.open(setting.directory().path(), position.step(), record.totalSteps())) {
      return runToEnd(curves);
    } catch (RuntimeException | IOException e) {
      end(RunRecord.Status.FAILED, Optional.of(failure(e)));
      throw e;
    }
  }

  private RunRecord runToEnd(Curves curves) throws IOException {
    if (isOver()) {
      return end(RunRecord.Status.FINISHED, Optional.empty());
    }
    List<StepBatches> iterations = setting.data().plan().epoch(position.epoch());
    TimeEstimate estimate = new TimeEstimate(iterations, setting.data().devTokens());
    while (true) {
      while (position.iteration() < iterations.size() && stepsLeft() > 0) {
        takeStep(iterations.get(position.iteration()), estimate, curves);
        if (setting.stopRequested().getAsBoolean()) {
          return interrupted();
        }
        saveIfDue();
      }
      try {
        if (stepsLeft() == 0 || setting.settings().evaluatesAfter(position.epoch() + 1)) {
          endEpoch(curves, estimate);
        } else {
          position.epochPassed();
        }
      } catch (StoppedException e) {
        return interrupted();
      }
      if (isOver()) {
        return end(RunRecord.Status.FINISHED, Optional.empty());
      }
      iterations = setting.data().plan().epoch(position.epoch());
    }
  }

  /** Whether all steps are taken and evaluated, or the patience is at its end. */
  private boolean isOver() {
    boolean evaluated = position.iteration() == 0 && position.epoch() > 0;
    boolean impatient =
        setting.settings().patience().isPresent()
            && position.evaluationsSinceBest() >= setting.settings().patience().getAsInt();
    return evaluated && (stepsLeft() == 0 || impatient);
  }

  private void takeStep(StepBatches batches, TimeEstimate estimate, Curves curves)
      throws IOException {
    boolean compiled = estimate.isNew(batches);
    if (compiled) {
      Batch first = batches.all().get(0);
      setting.tell(listener -> listener.compiling(first.rows(), first.length()));
    }
    Stopwatch watch = Stopwatch.createStarted(fineTuning.ticker());
    StepRates rates = schedule.rates(position.step());
    StepResult result = fineTuning.step(batches, rates);
    double seconds = seconds(watch);
    position.stepTaken(result, seconds, compiled);
    requireFinite("the lower loss", result.lowerLoss());
    requireFinite("the norm of the lower gradient", result.lowerGradientNorm());
    requireFinite("the upper loss", result.upperLoss());
    requireFinite("the norm of the hypergradient", result.upperGradientNorm());
    estimate.step(batches, seconds);
    curves.step(position.step(), rates, result);
    TrainingListener.Progress progress =
        new TrainingListener.Progress(
            position.step(),
            record.totalSteps(),
            position.epoch() + 1,
            rates,
            result,
            position.elapsed(),
            estimate.left(stepsLeft(), evaluationsLeft()));
    setting.tell(listener -> listener.stepFinished(progress));
  }

  private void endEpoch(Curves curves, TimeEstimate estimate) throws IOException {
    setting.tell(listener -> listener.evaluating(position.epoch() + 1));
    Stopwatch watch = Stopwatch.createStarted(fineTuning.ticker());
    HeldOutScores evaluation = evaluate(setting.data().dev());
    Optional<HeldOutScores> selection =
        setting.data().chosenOn().isEmpty()
            ? Optional.empty()
            : Optional.of(evaluate(setting.data().chosenOn()));
    double seconds = seconds(watch);
    requireFinite("the dev loss", evaluation.loss());
    estimate.evaluation(seconds);
    Map<String, HostTensor> trained = ImmutableMap.copyOf(fineTuning.trained());
    EpochRecord epoch =
        position.epochEvaluated(
            evaluation,
            selection,
            seconds,
            setting.data().plan().kind(position.step() - 1),
            schedule.rates(position.step() - 1),
            setting.data().task().primaryMetric(),
            AdapterStatistics.of(
                TrainedValues.of(
                    setting.settings().method(), setting.settings().adapter(), trained)));
    boolean isBest = position.lastIsBest();
    if (isBest) {
      best = trained;
    }
    Checkpoint checkpoint = save();
    if (isBest) {
      checkpoint.writeBest(setting.directory().trained());
    }
    record = record.at(RunRecord.Status.RUNNING, Optional.empty(), checkpoint, Optional.empty());
    setting.directory().write(record);
    curves.epoch(epoch);
    setting.tell(listener -> listener.epochFinished(epoch, isBest));
  }

  private HeldOutScores evaluate(List<EncodedExample> examples) {
    return HeldOutScores.of(
        fineTuning,
        setting.data(),
        examples,
        setting.settings(),
        batch -> {
          if (setting.stopRequested().getAsBoolean()) {
            throw new StoppedException();
          }
        });
  }

  private void saveIfDue() throws IOException {
    Checkpointing when = setting.checkpointing();
    boolean bySteps = when.everySteps() > 0 && position.step() % when.everySteps() == 0;
    if (bySteps || sinceCheckpoint.elapsed().compareTo(when.everyTime()) >= 0) {
      save();
    }
  }

  private Checkpoint save() throws IOException {
    Map<String, HostTensor> state = ImmutableMap.copyOf(fineTuning.state());
    state.forEach(
        (name, tensor) -> {
          for (float value : tensor.values()) {
            requireFinite("a value of " + name, value);
          }
        });
    Checkpoint checkpoint = new Checkpoint(state, best, position.snapshot());
    checkpoint.write(setting.directory().checkpoint());
    sinceCheckpoint.reset().start();
    setting.tell(listener -> listener.checkpointed(position.step()));
    return checkpoint;
  }

  private RunRecord interrupted() throws IOException {
    save();
    return end(RunRecord.Status.INTERRUPTED, Optional.empty());
  }

  private RunRecord end(RunRecord.Status status, Optional<String> failure) throws IOException {
    Checkpoint now = new Checkpoint(ImmutableMap.of(), best, position.snapshot());
    record = record.at(status, failure, now, Optional.of(fineTuning.frozenSha256()));
    setting.directory().write(record);
    setting.tell(listener -> listener.finished(record));
    return record;
  }

  private String failure(Exception e) {
    return e instanceof DivergedException
        ? e.getMessage()
        : "after %d steps: %s".formatted(position.step(), e);
  }

  private void requireFinite(String quantity, OptionalDouble value) {
    value.ifPresent(present -> requireFinite(quantity, present));
  }

  private void requireFinite(String quantity, double value) {
    if (!Double.isFinite(value)) {
      throw new DivergedException(quantity, value, position.step());
    }
  }

  private long stepsLeft() {
    return record.totalSteps() - position.step();
  }

  private int evaluationsLeft() {
    return setting.settings().evaluations(setting.data().plan().epochs() - position.epoch());
  }

  private static double seconds(Stopwatch watch) {
    return watch.elapsed().toNanos() / 1e9;
  }
}
