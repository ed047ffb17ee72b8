package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.List;
import org.bilora.bilevel.StepKind;
import org.bilora.data.Batch;
import org.bilora.data.EpochPlan;
import org.bilora.step.StepBatches;

/**
 * The iterations of a run: phases one after the other, each of them passes over its own examples.
 * The last epoch of a phase ends with the phase.
 */
record TrainingPlan(List<Phase> phases) {
  /** Keeps copies of the collections. */
  TrainingPlan {
    phases = ImmutableList.copyOf(phases);
  }

  /** Passes over a phase's examples, as many iterations each. */
  @FunctionalInterface
  interface Passes {
    /**
     * The plan that an epoch follows.
     *
     * @param epoch counted from 0
     */
    EpochPlan of(int epoch);
  }

  /**
   * A phase.
   *
   * @param kind of its steps
   * @param passes over its examples
   * @param steps more than 0
   */
  record Phase(StepKind kind, Passes passes, long steps) {
    /** A phase in which one plan is followed. */
    Phase(StepKind kind, EpochPlan epochs, long steps) {
      this(kind, epoch -> epochs, steps);
    }

    int epochCount() {
      long perEpoch = iterationsPerEpoch();
      return Math.toIntExact((steps + perEpoch - 1) / perEpoch);
    }

    private int iterationsPerEpoch() {
      return passes.of(0).iterationsPerEpoch();
    }

    /** The same phase for a language model, whose epochs follow one plan. */
    Phase withPredictions() {
      return new Phase(kind, passes.of(0).withPredictions(epochCount()), steps);
    }

    List<StepBatches> epoch(int number) {
      long left = steps - (long) number * iterationsPerEpoch();
      List<EpochPlan.Iteration> all = passes.of(number).epoch(number);
      return Lists.transform(all.subList(0, (int) Math.min(left, all.size())), this::batches);
    }

    private StepBatches batches(EpochPlan.Iteration iteration) {
      return kind.choose(
          new StepKind.Cases<>() {
            @Override
            public StepBatches moveLower() {
              return StepBatches.moveLower(iteration.lower().get(0));
            }

            /** A pass over D2 alone is planned as one over a training set. */
            @Override
            public StepBatches moveUpper() {
              return StepBatches.moveUpper(iteration.lower().get(0));
            }

            @Override
            public StepBatches moveBoth() {
              return StepBatches.moveBoth(iteration.lower().get(0));
            }

            @Override
            public StepBatches bilevel(StepKind.Bilevel bilevel) {
              return new StepBatches(bilevel, iteration.lower(), iteration.upper());
            }
          });
    }
  }

  /** Leaves out phases without steps. */
  static TrainingPlan of(List<Phase> phases) {
    return new TrainingPlan(
        phases.stream().filter(phase -> phase.steps > 0).collect(ImmutableList.toImmutableList()));
  }

  /** The same plan for a language model: its batches have room for predictions. */
  TrainingPlan withPredictions() {
    return new TrainingPlan(
        phases.stream().map(Phase::withPredictions).collect(ImmutableList.toImmutableList()));
  }

  /** Share of the tokens computed in training that are padding, as in each phase's first epoch. */
  double paddedShare() {
    double padded = 0;
    for (Phase phase : phases) {
      long computed = 0;
      long real = 0;
      for (StepBatches step : phase.epoch(0)) {
        computed += step.tokens();
        real += step.all().stream().mapToLong(Batch::tokens).sum();
      }
      padded += phase.steps * (1 - (double) real / computed);
    }
    return padded / steps();
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
  List<StepBatches> epoch(int number) {
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

  /** Kind of a step, by its number counted from 0; the last phase's beyond the end. */
  StepKind kind(long step) {
    long within = step;
    for (Phase phase : phases) {
      if (within < phase.steps) {
        return phase.kind;
      }
      within -= phase.steps;
    }
    return phases.get(phases.size() - 1).kind;
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
      lowerSteps += phase.kind.lowerUpdates() > 0 ? taken : 0;
      upperSteps += phase.kind.upperUpdates() > 0 ? taken : 0;
      lowerUpdates += taken * phase.kind.lowerUpdates();
      upperUpdates += taken * phase.kind.upperUpdates();
      left -= taken;
    }
    return new StepsMoving(lowerSteps, upperSteps, lowerUpdates, upperUpdates);
  }
}
