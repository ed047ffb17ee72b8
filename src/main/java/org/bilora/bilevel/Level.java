package org.bilora.bilevel;

import java.util.Locale;

/** The two levels of a bi-level problem. */
public enum Level {
  /** V, trained on D1. */
  LOWER,
  /** E, trained on D2. */
  UPPER;

  /** The name in checkpoints: {@code lower} or {@code upper}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What names of its tensors in checkpoints begin with. */
  public String prefix() {
    return id() + "/";
  }
}
