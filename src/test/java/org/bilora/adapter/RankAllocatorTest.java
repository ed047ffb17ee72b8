package org.bilora.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.EagerSession;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class RankAllocatorTest {
  private static final RankAllocator ALLOCATOR = new RankAllocator(0.85, 0.7);
  private final Random random = new Random(9);

  @Test
  void importanceAndUncertaintyAreSmoothedAsInThePaper() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      RankAllocator.Scores scores =
          new RankAllocator.Scores(tf.constant(new float[6]), tf.constant(new float[6]));
      double[] importance = new double[6];
      double[] uncertainty = new double[6];
      for (int step = 0; step < 4; step++) {
        float[] w = vector(6);
        float[] g = vector(6);
        scores = ALLOCATOR.update(tf, scores, tf.constant(w), tf.constant(g));
        for (int i = 0; i < 6; i++) {
          double now = Math.abs((double) w[i] * g[i]);
          importance[i] = 0.85 * importance[i] + 0.15 * now;
          uncertainty[i] = 0.7 * uncertainty[i] + 0.3 * Math.abs(now - importance[i]);
          assertEquals(importance[i], values(scores.importance())[i], 1e-6);
          assertEquals(uncertainty[i], values(scores.uncertainty())[i], 1e-6);
          assertEquals(importance[i] * uncertainty[i], values(scores.product(tf))[i], 1e-6);
        }
      }
    }
  }

  @Test
  void aTripletsScoreIsItsValuesAndTheMeansOverItsRowAndColumn() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      List<RankAllocator.Adapter> adapters = new ArrayList<>();
      List<Double> expected = new ArrayList<>();
      for (int out : new int[] {5, 3}) {
        float[][] b = matrix(out, 2);
        float[] e = vector(2);
        float[][] a = matrix(2, 4);
        adapters.add(new RankAllocator.Adapter(tf.constant(b), tf.constant(e), tf.constant(a)));
        for (int k = 0; k < 2; k++) {
          double row = 0;
          for (float value : a[k]) {
            row += value;
          }
          double column = 0;
          for (float[] values : b) {
            column += values[k];
          }
          expected.add(e[k] + row / 4 + column / out);
        }
      }
      float[] scores = values(RankAllocator.triplets(tf, adapters));
      assertEquals(expected.size(), scores.length);
      for (int i = 0; i < scores.length; i++) {
        assertEquals(expected.get(i), scores[i], 1e-6);
      }
    }
  }

  @Test
  void theHighestScoresAreKeptAndOfEqualsTheEarlier() {
    try (EagerSession eager = EagerSession.create()) {
      Ops tf = Ops.create(eager);
      float[] scores = new float[20];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = random.nextInt(6) / 4f;
      }
      List<Integer> order =
          IntStream.range(0, scores.length)
              .boxed()
              .sorted(Comparator.comparing((Integer i) -> -scores[i]).thenComparing(i -> i))
              .toList();
      for (int budget = 0; budget <= scores.length; budget++) {
        float[] expected = new float[scores.length];
        order.subList(0, budget).forEach(i -> expected[i] = 1);
        assertArrayEquals(
            expected,
            values(RankAllocator.kept(tf, tf.constant(scores), tf.constant((float) budget))));
      }
    }
  }

  private float[] vector(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private float[][] matrix(int rows, int columns) {
    return IntStream.range(0, rows).mapToObj(row -> vector(columns)).toArray(float[][]::new);
  }

  private static float[] values(Operand<TFloat32> vector) {
    return StdArrays.array1dCopyOf(vector.asTensor());
  }
}
