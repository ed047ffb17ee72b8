package org.bilora.data;

import java.util.Locale;

/** What a label stands for. */
public enum TaskType {
  /** One class of several. */
  CLASSIFICATION,
  /** A score. */
  REGRESSION;

  /** The name on the command line, such as {@code regression}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
