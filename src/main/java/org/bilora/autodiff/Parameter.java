package org.bilora.autodiff;

import java.util.Arrays;

/**
 * A named trainable tensor and the values it starts from.
 *
 * @param name unique within its group
 * @param shape fixed shape
 * @param initial row-major start values, shared and not to be changed
 * @param decayed whether weight decay applies (not to biases and normalisation gains)
 */
public record Parameter(String name, long[] shape, float[] initial, boolean decayed) {

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
