package org.bilora.method;

/**
 * An orthonormal basis Q of a matrix's rows, with A = L Q, by Gram-Schmidt. Where the rows are
 * linearly dependent the basis goes on with unit vectors made orthogonal, whose column of L is 0.
 *
 * @param basis Q, {@code [rows, columns]}
 * @param coefficients L, {@code [rows][rows]}
 */
record OrthonormalRows(float[] basis, double[][] coefficients) {
  private static final double DEPENDENT = 1e-6;

  /**
   * Finds them.
   *
   * @param rows at most {@code columns}
   */
  static OrthonormalRows of(float[] matrix, int rows, int columns) {
    double[][] basis = new double[rows][];
    double[][] coefficients = new double[rows][rows];
    int unit = 0;
    for (int r = 0; r < rows; r++) {
      double[] row = new double[columns];
      for (int c = 0; c < columns; c++) {
        row[c] = matrix[r * columns + c];
      }
      double size = norm(row);
      double[] projections = projectOut(row, basis, r);
      System.arraycopy(projections, 0, coefficients[r], 0, r);
      double rest = norm(row);
      if (rest > DEPENDENT * size) {
        coefficients[r][r] = rest;
      } else {
        do {
          row = new double[columns];
          row[unit++] = 1;
          projectOut(row, basis, r);
          rest = norm(row);
        } while (rest < 0.1 / Math.sqrt(columns));
      }
      for (int c = 0; c < columns; c++) {
        row[c] /= rest;
      }
      basis[r] = row;
    }
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) basis[i / columns][i % columns];
    }
    return new OrthonormalRows(values, coefficients);
  }

  /** Twice, because one pass leaves rounding errors; yields what was taken out. */
  private static double[] projectOut(double[] row, double[][] basis, int count) {
    double[] sums = new double[count];
    for (int pass = 0; pass < 2; pass++) {
      for (int other = 0; other < count; other++) {
        double projection = 0;
        for (int c = 0; c < row.length; c++) {
          projection += row[c] * basis[other][c];
        }
        for (int c = 0; c < row.length; c++) {
          row[c] -= projection * basis[other][c];
        }
        sums[other] += projection;
      }
    }
    return sums;
  }

  private static double norm(double[] row) {
    double sum = 0;
    for (double value : row) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
