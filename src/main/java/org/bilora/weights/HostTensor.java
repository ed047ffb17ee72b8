package org.bilora.weights;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A dense float32 tensor in the JVM's memory, row-major. The values are shared, not copied: whoever
 * receives one reads it and leaves it as it is.
 */
public final class HostTensor {
  private final long[] shape;
  private final float[] values;

  private HostTensor(long[] shape, float[] values) {
    this.shape = shape;
    this.values = values;
  }

  /**
   * Wraps {@code values}.
   *
   * @throws IllegalArgumentException when the shape does not hold exactly that many values
   */
  public static HostTensor of(float[] values, long... shape) {
    long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (size != values.length) {
      throw new IllegalArgumentException(
          "shape %s holds %d values, but %d were given"
              .formatted(Arrays.toString(shape), size, values.length));
    }
    return new HostTensor(shape.clone(), values);
  }

  /** The shape, a copy. */
  public long[] shape() {
    return shape.clone();
  }

  /** Row-major values, shared. */
  public float[] values() {
    return values;
  }

  /** Length of one axis. */
  public long dimension(int axis) {
    return shape[axis];
  }

  /** Number of axes. */
  public int rank() {
    return shape.length;
  }

  /** Place of the first value that is infinite or not a number; empty where all are finite. */
  public OptionalInt firstNonFinite() {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** The transpose of a matrix: {@code [a, b]} becomes {@code [b, a]}. */
  public HostTensor transpose() {
    if (shape.length != 2) {
      throw new IllegalStateException(
          "only a matrix can be transposed, this tensor has shape " + Arrays.toString(shape));
    }
    int rows = Math.toIntExact(shape[0]);
    int columns = Math.toIntExact(shape[1]);
    float[] transposed = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        transposed[c * rows + r] = values[r * columns + c];
      }
    }
    return new HostTensor(new long[] {columns, rows}, transposed);
  }

  @Override
  public String toString() {
    return "HostTensor" + Arrays.toString(shape);
  }
}
