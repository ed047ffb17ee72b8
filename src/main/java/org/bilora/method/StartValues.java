package org.bilora.method;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Start values of new parameters. Each parameter draws from its own stream, seeded by the run's
 * seed and its name, so that adding a parameter leaves the others as they were.
 */
public final class StartValues {
  private final long seed;

  public StartValues(long seed) {
    this.seed = seed;
  }

  /** Normal with mean 0. */
  public float[] normal(String name, int size, double standardDeviation) {
    RandomGenerator random = stream(name);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (random.nextGaussian() * standardDeviation);
    }
    return values;
  }

  /** Uniform in [-bound, bound]. */
  float[] uniform(String name, int size, double bound) {
    RandomGenerator random = stream(name);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return values;
  }

  /**
   * Orthonormal rows, by Gram-Schmidt on normal ones.
   *
   * @param rows at most {@code columns}
   * @return {@code [rows, columns]}
   */
  float[] orthonormalRows(String name, int rows, int columns) {
    RandomGenerator random = stream(name);
    double[][] basis = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      double[] row = basis[r];
      for (int c = 0; c < columns; c++) {
        row[c] = random.nextGaussian();
      }
      // Twice, because one pass leaves rounding errors that grow with the number of rows.
      for (int pass = 0; pass < 2; pass++) {
        for (int other = 0; other < r; other++) {
          double projection = dot(row, basis[other]);
          for (int c = 0; c < columns; c++) {
            row[c] -= projection * basis[other][c];
          }
        }
      }
      double norm = Math.sqrt(dot(row, row));
      for (int c = 0; c < columns; c++) {
        row[c] /= norm;
      }
    }
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) basis[i / columns][i % columns];
    }
    return values;
  }

  private RandomGenerator stream(String name) {
    long key =
        Hashing.sha256()
            .newHasher()
            .putLong(seed)
            .putString(name, StandardCharsets.UTF_8)
            .hash()
            .asLong();
    return RandomGeneratorFactory.of("L64X128MixRandom").create(key);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
