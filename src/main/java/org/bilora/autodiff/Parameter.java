package org.bilora.autodiff;

import java.util.Arrays;

/**
 * A named trainable tensor and the values it starts from.
 *
 * @param name unique within its group
 * @param shape fixed shape
 * @param initial row-major start values, shared and not to be changed
 * @param decayed whether weight decay applies (not to biases and normalisation gains)
 * @param rate its learning rate as a multiple of its group's; 0 for one that stays as it is
 */
public record Parameter(String name, long[] shape, float[] initial, boolean decayed, double rate) {

  /** At its group's learning rate. */
  public Parameter(String name, long[] shape, float[] initial, boolean decayed) {
    this(name, shape, initial, decayed, 1);
  }

  /** Checks that the start values fill the shape. */
  public Parameter {
    if (size(shape) != initial.length) {
      throw new IllegalArgumentException(
          "parameter %s of shape %s got %d start values"
              .formatted(name, Arrays.toString(shape), initial.length));
    }
  }

  /** Number of values. */
  public int size() {
    return initial.length;
  }

  private static long size(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
