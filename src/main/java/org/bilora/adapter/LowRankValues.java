package org.bilora.adapter;

import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The numbers of one increment on the host, ΔW = P diag(g) Q with g = s λ (for LoRA B diag(g) A
 * with every g = s): what {@link LowRank} is in a graph.
 *
 * @param left P, or B: {@code [out, rank]}, row-major
 * @param right Q, or A: {@code [rank, in]}, row-major
 * @param gains s λ, {@code [rank]}
 * @param magnitude m, lengths of the rows of the merged weight, {@code [out]}; empty where they
 *     follow from W + ΔW
 */
public record LowRankValues(
    float[] left, float[] right, double[] gains, Optional<float[]> magnitude) {

  /** Without magnitudes. */
  public LowRankValues(float[] left, float[] right, double[] gains) {
    this(left, right, gains, Optional.empty());
  }

  /** The same ΔW with magnitudes. */
  public LowRankValues withMagnitude(float[] lengths) {
    return new LowRankValues(left, right, gains, Optional.of(lengths));
  }

  /** The same ΔW with magnitudes, or without. */
  public LowRankValues with(Optional<float[]> lengths) {
    return new LowRankValues(left, right, gains, lengths);
  }

  /**
   * The same ΔW written with as high a rank as other matrices have: theirs stand behind this one's,
   * with gains of 0.
   *
   * @param otherLeft {@code [out, rank]}
   * @param otherRight {@code [rank, in]}
   * @throws IllegalArgumentException when their rank is lower
   */
  public LowRankValues widened(float[] otherLeft, float[] otherRight) {
    int own = gains.length;
    int rank = otherRight.length / in();
    if (rank < own) {
      throw new IllegalArgumentException(
          "an increment of rank %d cannot be written with rank %d".formatted(own, rank));
    }
    float[] wide = otherLeft.clone();
    for (int o = 0; o < out(); o++) {
      System.arraycopy(left, o * own, wide, o * rank, own);
    }
    float[] tall = otherRight.clone();
    System.arraycopy(right, 0, tall, 0, right.length);
    return new LowRankValues(wide, tall, Arrays.copyOf(gains, rank), magnitude);
  }

  /**
   * How large each of the parts of rank one is that ΔW is the sum of: ‖g l rᵀ‖_F = |g| ‖l‖ ‖r‖ of a
   * gain g, its column l of the left and its row r of the right matrix, {@code [rank]}.
   */
  public double[] partSizes() {
    double[] sizes = new double[gains.length];
    for (int k = 0; k < sizes.length; k++) {
      double ofLeft = 0;
      for (int o = 0; o < out(); o++) {
        double value = left[o * sizes.length + k];
        ofLeft += value * value;
      }
      double ofRight = 0;
      for (int i = 0; i < in(); i++) {
        double value = right[k * in() + i];
        ofRight += value * value;
      }
      sizes[k] = Math.abs(gains[k]) * Math.sqrt(ofLeft) * Math.sqrt(ofRight);
    }
    return sizes;
  }

  /**
   * Some of its parts of rank one.
   *
   * @param kept which, at least one
   */
  public LowRankValues keeping(boolean[] kept) {
    int[] at = IntStream.range(0, kept.length).filter(k -> kept[k]).toArray();
    float[] narrow = new float[out() * at.length];
    float[] low = new float[at.length * in()];
    double[] some = new double[at.length];
    for (int k = 0; k < at.length; k++) {
      some[k] = gains[at[k]];
      System.arraycopy(right, at[k] * in(), low, k * in(), in());
      for (int o = 0; o < out(); o++) {
        narrow[o * at.length + k] = left[o * gains.length + at[k]];
      }
    }
    return new LowRankValues(narrow, low, some, magnitude);
  }

  /** The left matrix with each column times its gain over {@code scale}, {@code [out, rank]}. */
  public float[] leftTimesGains(double scale) {
    float[] scaled = new float[left.length];
    for (int i = 0; i < left.length; i++) {
      scaled[i] = (float) (left[i] * (gains[i % gains.length] / scale));
    }
    return scaled;
  }

  /**
   * ‖·‖ of each row of a matrix.
   *
   * @param matrix row-major
   */
  public static float[] rowLengths(float[] matrix, int rows) {
    float[] lengths = new float[rows];
    int columns = matrix.length / rows;
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int i = 0; i < columns; i++) {
        double value = matrix[row * columns + i];
        sum += value * value;
      }
      lengths[row] = (float) Math.sqrt(sum);
    }
    return lengths;
  }

  /** Checks that the sizes are multiples of the rank. */
  public LowRankValues {
    if (gains.length == 0 || left.length % gains.length != 0 || right.length % gains.length != 0) {
      throw new IllegalArgumentException(
          "%d left and %d right values do not make matrices of rank %d"
              .formatted(left.length, right.length, gains.length));
    }
  }

  /**
   * The highest rank of some increments.
   *
   * @param increments one at least
   */
  public static int highestRank(Collection<LowRankValues> increments) {
    return increments.stream().mapToInt(LowRankValues::rank).max().orElseThrow();
  }

  /** Columns of the left matrix and rows of the right one. */
  public int rank() {
    return gains.length;
  }

  /** Rows of ΔW. */
  public int out() {
    return left.length / gains.length;
  }

  /** Columns of ΔW. */
  public int in() {
    return right.length / gains.length;
  }

  /**
   * W + ΔW, each value summed in double precision and rounded once; with magnitudes its rows have
   * those lengths.
   *
   * @param weight W, {@code [out, in]}, row-major; left as it is
   * @throws IllegalArgumentException when W has another size
   */
  public float[] addedTo(float[] weight) {
    int out = out();
    int in = in();
    if (weight.length != out * in) {
      throw new IllegalArgumentException(
          "an increment of %d × %d does not fit a weight of %d values"
              .formatted(out, in, weight.length));
    }
    float[] merged = new float[weight.length];
    for (int o = 0; o < out; o++) {
      double[] row = summed(weight, o);
      double gain = gain(row, o);
      for (int i = 0; i < in; i++) {
        merged[o * in + i] = (float) (gain * row[i]);
      }
    }
    return merged;
  }

  /** A row of W + ΔW. */
  private double[] summed(float[] weight, int output) {
    int in = in();
    int rank = gains.length;
    double[] row = new double[in];
    for (int i = 0; i < in; i++) {
      row[i] = weight[output * in + i];
    }
    for (int k = 0; k < rank; k++) {
      double factor = left[output * rank + k] * gains[k];
      for (int i = 0; i < in; i++) {
        row[i] += factor * right[k * in + i];
      }
    }
    return row;
  }

  /**
   * What the rows of W + ΔW are multiplied with to have the lengths m: g = m / ‖W + ΔW‖, 1 without
   * magnitudes.
   *
   * @param weight W, {@code [out, in]}, row-major
   * @return {@code [out]}
   */
  public double[] rowGains(float[] weight) {
    double[] all = new double[out()];
    for (int o = 0; o < all.length; o++) {
      all[o] = gain(summed(weight, o), o);
    }
    return all;
  }

  private double gain(double[] row, int output) {
    if (magnitude.isEmpty()) {
      return 1;
    }
    double sum = 0;
    for (double value : row) {
      sum += value * value;
    }
    return magnitude.get()[output] / Math.sqrt(sum);
  }
}
