package org.bilora.method;

import org.bilora.bilevel.StepKind;

/**
 * A part of a run in which every step is of one kind.
 *
 * @param part what its batches are made of
 * @param kind what a step moves
 * @param share of all steps, from 0 to 1
 */
public record Phase(Part part, StepKind kind, double share) {

  /** Parts of the training data. */
  public enum Part {
    /** D1 and D2 together. */
    TRAINING_SET,
    /** D1 alone. */
    D1,
    /** D2 alone. */
    D2,
    /** D1 for lower and D2 for upper batches. */
    D1_AND_D2
  }

  /** A whole run on the training set. */
  public static Phase whole(StepKind kind) {
    return new Phase(Part.TRAINING_SET, kind, 1);
  }
}
