package org.bilora.train;

import java.time.Duration;
import java.util.Optional;
import org.bilora.step.StepRates;
import org.bilora.step.StepResult;

/**
 * Is told how training goes, on the training thread. A listener that throws ends the run where it
 * is; the directory stays resumable.
 */
public interface TrainingListener {

  /**
   * What is about to happen.
   *
   * @param firstStep steps taken before: 0, or where a resumed run goes on
   * @param totalSteps of the whole run
   * @param trainedParameters number of trained values
   * @param examples sizes of D1, D2 and dev, and how many texts are cut
   */
  record Start(long firstStep, long totalSteps, int trainedParameters, ExampleCounts examples) {}

  /**
   * One step done.
   *
   * @param step steps taken so far, this one included
   * @param totalSteps of the whole run
   * @param epoch counted from 1
   * @param rates what the step was run with
   * @param result what it reported
   * @param elapsed since this start or resumption
   * @param left estimate of the time to the end, compilations and evaluations included; empty until
   *     a step without compilation has been timed
   */
  record Progress(
      long step,
      long totalSteps,
      int epoch,
      StepRates rates,
      StepResult result,
      Duration elapsed,
      Optional<Duration> left) {}

  /** Something that takes its time, or that the run does otherwise than usual, before it starts. */
  default void noted(String message) {}

  /** The data is encoded and the model loaded; no step has been taken. */
  default void started(Start start) {}

  /** A batch shape is met for the first time: this step takes seconds more, for compilation. */
  default void compiling(int rows, int length) {}

  /** A step was taken. */
  default void stepFinished(Progress progress) {}

  /** The dev split is about to be evaluated. */
  default void evaluating(int epoch) {}

  /**
   * An epoch was evaluated.
   *
   * @param best whether its values are the ones kept now
   */
  default void epochFinished(EpochRecord epoch, boolean best) {}

  /** A checkpoint was written: a resumed run would go on from this step. */
  default void checkpointed(long step) {}

  /** Something the user may want to change. */
  default void warned(String message) {}

  /** The run ended, finished, interrupted or failed; the record is as written. */
  default void finished(RunRecord run) {}
}
