package org.bilora.bilevel;

import java.util.OptionalDouble;

/** What a step moves, and on which batches. */
public sealed interface StepKind {

  /**
   * What is done for each kind; a new kind has to be answered wherever kinds are told apart.
   *
   * @param <R> what comes of it
   */
  interface Cases<R> {
    R moveLower();

    R moveUpper();

    R moveBoth();

    R bilevel(Bilevel kind);
  }

  /** The case of this kind. */
  <R> R choose(Cases<R> cases);

  /** How many lower mini-batches a step meets. */
  int lowerBatches();

  /** How many upper mini-batches a step meets. */
  int upperBatches();

  /** Updates of V per step: one for each lower mini-batch. */
  default int lowerUpdates() {
    return lowerBatches();
  }

  /** Updates of E per step: one for each upper mini-batch, unless E moves on a lower one. */
  default int upperUpdates() {
    return upperBatches();
  }

  /** V on a lower mini-batch; E, if there is one, is held. */
  record MoveLower() implements StepKind {
    @Override
    public <R> R choose(Cases<R> cases) {
      return cases.moveLower();
    }

    @Override
    public int lowerBatches() {
      return 1;
    }

    @Override
    public int upperBatches() {
      return 0;
    }
  }

  /** E on an upper mini-batch; V is held. */
  record MoveUpper() implements StepKind {
    @Override
    public <R> R choose(Cases<R> cases) {
      return cases.moveUpper();
    }

    @Override
    public int lowerBatches() {
      return 0;
    }

    @Override
    public int upperBatches() {
      return 1;
    }
  }

  /** V and E together on one lower mini-batch, as if the problem had one level. */
  record MoveBoth() implements StepKind {
    @Override
    public <R> R choose(Cases<R> cases) {
      return cases.moveBoth();
    }

    @Override
    public int lowerBatches() {
      return 1;
    }

    @Override
    public int upperBatches() {
      return 0;
    }

    @Override
    public int upperUpdates() {
      return 1;
    }
  }

  /**
   * V on lower mini-batches, E on upper ones by the hypergradient.
   *
   * @param hypergradient the estimator
   * @param lowerSteps T₁, lower steps per iteration
   * @param upperSteps T₂, upper steps per iteration
   * @param xi ξ, length of the unrolled step; empty for the lower level's current learning rate
   */
  record Bilevel(Hypergradient hypergradient, int lowerSteps, int upperSteps, OptionalDouble xi)
      implements StepKind {
    @Override
    public <R> R choose(Cases<R> cases) {
      return cases.bilevel(this);
    }

    @Override
    public int lowerBatches() {
      return lowerSteps;
    }

    @Override
    public int upperBatches() {
      return upperSteps;
    }
  }
}
