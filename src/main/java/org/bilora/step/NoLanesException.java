package org.bilora.step;

/** Settings, or a model, whose trainings cannot run side by side: they train one at a time. */
public final class NoLanesException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * @param why a clause, without an end
   */
  public NoLanesException(String why) {
    super(why + ": train one at a time");
  }
}
