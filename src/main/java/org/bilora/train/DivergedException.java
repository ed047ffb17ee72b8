package org.bilora.train;

/** A loss, a gradient or a trained value is no longer finite. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final long step;

  DivergedException(String quantity, double value, long step) {
    super(
        "%s is %s at step %d; the last good checkpoint is kept. Try a smaller learning rate (of both"
                .formatted(quantity, value, step)
            + " levels), gradient clipping, or f32 precision, in a new run directory");
    this.step = step;
  }

  /** Steps taken when it was found, that one included. */
  public long step() {
    return step;
  }
}
