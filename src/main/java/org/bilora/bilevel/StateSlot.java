package org.bilora.bilevel;

/**
 * A vector of V's size that is carried from step to step beside V, and saved and restored with it,
 * as AdamW's moments are.
 *
 * @param suffix of a parameter's name in a checkpoint, beginning with a slash: {@code /z}; empty
 *     for the parameter itself
 * @param start what it holds before the first step
 */
public record StateSlot(String suffix, Start start) {

  /** What a slot holds before the first step. */
  public enum Start {
    /** Zeros. */
    ZERO,
    /** A copy of V's start values. */
    VALUES
  }

  /** Checks the name. */
  public StateSlot {
    if (!suffix.matches("|/[a-z][a-z_-]*")) {
      throw new IllegalArgumentException(
          "suffix is '%s'; it must be empty, or a slash and a word in lower case"
              .formatted(suffix));
    }
  }

  /** A slot that starts from 0. */
  public static StateSlot zero(String suffix) {
    return new StateSlot(suffix, Start.ZERO);
  }
}
