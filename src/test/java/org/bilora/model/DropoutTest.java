package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

final class DropoutTest {
  private static final int ROWS = 256;
  private static final int COLUMNS = 192;
  private static final int PLACES = 70; // more than the words of one block of places

  /** Masks of ones at so many places, {@code [place][value]}. */
  private static float[][] masks(int[] seed, int places, double probability) {
    float[][] masks = new float[places][ROWS * COLUMNS];
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> ones = tf.fill(tf.constant(new int[] {ROWS, COLUMNS}), tf.constant(1f));
      Dropout dropout = Dropout.seeded(tf.constant(seed));
      for (int place = 0; place < places; place++) {
        try (Result result = session.runner().fetch(dropout.apply(tf, ones, probability)).run()) {
          float[] mask = masks[place];
          int[] next = {0};
          ((TFloat32) result.get(0)).scalars().forEach(value -> mask[next[0]++] = value.getFloat());
        }
      }
    }
    return masks;
  }

  /** Correlation of two masks; 0 ± 1/√size for independent ones. */
  private static double correlation(float[] a, int shiftA, float[] b, int shiftB, int size) {
    double meanA = 0;
    double meanB = 0;
    for (int i = 0; i < size; i++) {
      meanA += a[i + shiftA] / size;
      meanB += b[i + shiftB] / size;
    }
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < size; i++) {
      double x = a[i + shiftA] - meanA;
      double y = b[i + shiftB] - meanB;
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / Math.sqrt(aa * bb);
  }

  @Test
  void keepsTheStatedShareAndItsMean() {
    for (double probability : new double[] {0.1, 0.5}) {
      float[] mask = masks(new int[] {3, 4}, 1, probability)[0];
      double sum = 0;
      int kept = 0;
      for (float value : mask) {
        sum += value;
        kept += value > 0 ? 1 : 0;
      }
      assertEquals(1 - probability, (double) kept / mask.length, 0.01);
      assertEquals(1, sum / mask.length, 0.02);
    }
  }

  @Test
  void equalSeedsDropTheSameAndPlacesSeedsRowsAndColumnsAreIndependent() {
    float[][] masks = masks(new int[] {3, 4}, PLACES, 0.5);
    assertArrayEquals(masks[0], masks(new int[] {3, 4}, 1, 0.5)[0]);
    int size = ROWS * COLUMNS;
    double bound = 5 / Math.sqrt(size);
    for (int place = 1; place < PLACES; place++) {
      assertEquals(0, correlation(masks[0], 0, masks[place], 0, size), bound);
    }
    for (int[] seed : new int[][] {{4, 4}, {3, 5}, {4, 3}, {3 + (1 << 16), 4}}) {
      assertEquals(0, correlation(masks[0], 0, masks(seed, 1, 0.5)[0], 0, size), bound);
    }
    // A value against the next one in its row, and against the one below.
    assertEquals(0, correlation(masks[0], 0, masks[0], 1, size - 1), bound);
    assertEquals(0, correlation(masks[0], 0, masks[0], COLUMNS, size - COLUMNS), bound);
  }
}
