package org.bilora.model;

/** Merging gave a weight that is infinite or not a number: training has diverged. */
public final class NonFiniteWeightException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NonFiniteWeightException(String message) {
    super(message);
  }
}
