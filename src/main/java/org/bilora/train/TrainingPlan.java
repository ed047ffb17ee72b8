package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.List;
import java.util.stream.Stream;
import org.bilora.data.EpochPlan;
import org.bilora.data.EpochPlan.Iteration;

/**
 * The iterations of a run: phases one after the other, each of them passes over its own examples.
 * The last epoch of a phase ends with the phase.
 */
record TrainingPlan(ImmutableList<Phase> phases) {

  /**
   * What a step of a phase moves.
   *
   * @param lower updates of V per step
   * @param upper updates of E per step
   */
  record Moves(int lower, int upper) {}

  /**
   * A phase.
   *
   * @param epochs passes over its examples
   * @param onUpper whether a single-level plan's batches are the upper level's
   * @param steps more than 0
   */
  record Phase(EpochPlan epochs, boolean onUpper, Moves moves, long steps) {
    int epochCount() {
      long perEpoch = epochs.iterationsPerEpoch();
      return Math.toIntExact((steps + perEpoch - 1) / perEpoch);
    }

    /** The same phase for a language model. */
    Phase withPredictions() {
      return new Phase(epochs.withPredictions(epochCount()), onUpper, moves, steps);
    }

    List<Iteration> epoch(int number) {
      long left = steps - (long) number * epochs.iterationsPerEpoch();
      List<Iteration> all = epochs.epoch(number);
      List<Iteration> own = all.subList(0, (int) Math.min(left, all.size()));
      return onUpper
          ? Lists.transform(own, batches -> new Iteration(batches.upper(), batches.lower()))
          : own;
    }
  }

  /** Leaves out phases without steps. */
  static TrainingPlan of(Phase... phases) {
    return new TrainingPlan(
        Stream.of(phases)
            .filter(phase -> phase.steps > 0)
            .collect(ImmutableList.toImmutableList()));
  }

  /** The same plan for a language model: its batches have room for predictions. */
  TrainingPlan withPredictions() {
    return new TrainingPlan(
        phases.stream().map(Phase::withPredictions).collect(ImmutableList.toImmutableList()));
  }

  /** Steps of the whole run. */
  long steps() {
    return phases.stream().mapToLong(Phase::steps).sum();
  }

  /** Epochs of the whole run, each of which ends with an evaluation. */
  int epochs() {
    return phases.stream().mapToInt(Phase::epochCount).sum();
  }

  /**
   * The iterations of an epoch, in order.
   *
   * @param number counted from 0 over all phases
   */
  List<Iteration> epoch(int number) {
    int within = number;
    for (Phase phase : phases) {
      if (within < phase.epochCount()) {
        return phase.epoch(within);
      }
      within -= phase.epochCount();
    }
    throw new IllegalArgumentException(
        "number is %d; it must be from 0 to %d".formatted(number, epochs() - 1));
  }

  /** What a step moves, by its number counted from 0; the last phase's beyond the end. */
  Moves moves(long step) {
    long within = step;
    for (Phase phase : phases) {
      if (within < phase.steps) {
        return phase.moves;
      }
      within -= phase.steps;
    }
    return phases.get(phases.size() - 1).moves;
  }

  /**
   * How often either level is moved.
   *
   * @param lowerSteps that move V
   * @param upperSteps that move E
   * @param lowerUpdates of V in them
   * @param upperUpdates of E in them
   */
  record StepsMoving(long lowerSteps, long upperSteps, long lowerUpdates, long upperUpdates) {}

  /** Over the whole run. */
  StepsMoving moving() {
    return movedBefore(steps());
  }

  /** Over the steps before that one. */
  StepsMoving movedBefore(long step) {
    long lowerSteps = 0;
    long upperSteps = 0;
    long lowerUpdates = 0;
    long upperUpdates = 0;
    long left = step;
    for (Phase phase : phases) {
      long taken = Math.min(left, phase.steps);
      lowerSteps += phase.moves.lower > 0 ? taken : 0;
      upperSteps += phase.moves.upper > 0 ? taken : 0;
      lowerUpdates += taken * phase.moves.lower;
      upperUpdates += taken * phase.moves.upper;
      left -= taken;
    }
    return new StepsMoving(lowerSteps, upperSteps, lowerUpdates, upperUpdates);
  }
}
