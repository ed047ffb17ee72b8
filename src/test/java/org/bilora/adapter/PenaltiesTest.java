package org.bilora.adapter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class PenaltiesTest {
  private final Random random = new Random(6);

  @Test
  void orthogonalityIsTheSquaredDistanceOfEachGramMatrixFromTheIdentity() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      // Two shapes, one of them twice.
      List<float[][]> tall = List.of(matrix(5, 2), matrix(4, 3), matrix(5, 2));
      List<float[][]> wide = List.of(matrix(2, 5), matrix(3, 4), matrix(2, 5));
      double columns = 0;
      double rows = 0;
      for (float[][] p : tall) {
        columns += gramDistance(transposed(p));
      }
      for (float[][] q : wide) {
        rows += gramDistance(q);
      }
      assertEquals(columns, value(Penalties.ofColumns(tf, operands(tf, tall))), 1e-4 * columns);
      assertEquals(rows, value(Penalties.ofRows(tf, operands(tf, wide))), 1e-4 * rows);
    }
  }

  @Test
  void meanOrthogonalityIsTheMeanDistanceOverAllMatrices() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      List<float[][]> tall = List.of(matrix(5, 2), matrix(4, 3), matrix(5, 2));
      List<float[][]> wide = List.of(matrix(2, 5), matrix(3, 4), matrix(2, 5));
      double sum = 0;
      for (int i = 0; i < 3; i++) {
        sum += Math.sqrt(gramDistance(transposed(tall.get(i))));
        sum += Math.sqrt(gramDistance(wide.get(i)));
      }
      Operand<TFloat32> mean =
          Penalties.meanOrthogonality(tf, operands(tf, tall), operands(tf, wide));
      assertEquals(sum / 6, value(mean), 1e-5 * sum);
    }
  }

  @Test
  void orthogonalityOfOrthonormalRowsIsZero() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      float[][] rotation = {{0.6f, 0.8f, 0}, {-0.8f, 0.6f, 0}};
      assertEquals(
          0, value(Penalties.ofRows(tf, operands(tf, List.<float[][]>of(rotation)))), 1e-10);
    }
  }

  @Test
  void binaryEntropyIsTheEntropyOfLambda() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      float[] raw = {-3, -0.4f, 0, 1.7f, 5};
      double expected = 0;
      for (float e : raw) {
        double lambda = 1 / (1 + Math.exp(-e));
        expected -= lambda * Math.log(lambda) + (1 - lambda) * Math.log(1 - lambda);
      }
      assertEquals(expected, value(Penalties.binaryEntropy(tf, tf.constant(raw))), 1e-5);
    }
  }

  @Test
  void binaryEntropyOfSaturatedValuesIsZero() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      float[] raw = {-200, 200};
      assertEquals(0, value(Penalties.binaryEntropy(tf, tf.constant(raw))), 1e-6);
    }
  }

  private float[][] matrix(int rows, int columns) {
    float[][] matrix = new float[rows][columns];
    for (float[] row : matrix) {
      for (int c = 0; c < columns; c++) {
        row[c] = (float) random.nextGaussian();
      }
    }
    return matrix;
  }

  private static float[][] transposed(float[][] matrix) {
    float[][] result = new float[matrix[0].length][matrix.length];
    for (int r = 0; r < matrix.length; r++) {
      for (int c = 0; c < matrix[0].length; c++) {
        result[c][r] = matrix[r][c];
      }
    }
    return result;
  }

  /** ‖M Mᵀ − I‖_F². */
  private static double gramDistance(float[][] m) {
    double sum = 0;
    for (int i = 0; i < m.length; i++) {
      for (int j = 0; j < m.length; j++) {
        double product = i == j ? -1 : 0;
        for (int c = 0; c < m[i].length; c++) {
          product += (double) m[i][c] * m[j][c];
        }
        sum += product * product;
      }
    }
    return sum;
  }

  private static List<Operand<TFloat32>> operands(Ops tf, List<float[][]> matrices) {
    List<Operand<TFloat32>> operands = new ArrayList<>();
    matrices.forEach(matrix -> operands.add(tf.constant(matrix)));
    return operands;
  }

  private static double value(Operand<TFloat32> scalar) {
    return scalar.asTensor().getFloat();
  }
}
