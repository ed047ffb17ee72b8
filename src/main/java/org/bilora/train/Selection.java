package org.bilora.train;

/** What the epoch whose values are kept is chosen on. */
public enum Selection {
  /** The dev split, which is also what is reported, as is usual on GLUE. */
  DEV,
  /**
   * D2, so that the dev split only reports. A method of one level leaves a part of the training set
   * of that size alone, to choose on.
   */
  D2
}
