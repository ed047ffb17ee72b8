package org.bilora.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LowRankValuesTest {
  @Test
  void theMergedWeightIsTheSumByItsDefinition() {
    int out = 5;
    int in = 4;
    int rank = 3;
    Random random = new Random(1);
    float[] w = normal(random, out * in);
    float[] p = normal(random, out * rank);
    float[] q = normal(random, rank * in);
    double[] gains = {0.5, -2, 3};
    float[] untouched = w.clone();
    float[] merged = new LowRankValues(p, q, gains).addedTo(w);
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        double expected = w[o * in + i];
        for (int k = 0; k < rank; k++) {
          expected += (double) p[o * rank + k] * gains[k] * q[k * in + i];
        }
        assertEquals(expected, merged[o * in + i], Math.ulp((float) expected));
      }
    }
    assertArrayEquals(untouched, w);
  }

  @Test
  void sumsThatCancelKeepWhatFloat32WouldLose() {
    float[] merged =
        new LowRankValues(new float[] {1e8f, -1e8f}, new float[] {1, 1}, new double[] {1, 1})
            .addedTo(new float[] {0.25f});
    assertArrayEquals(new float[] {0.25f}, merged);
  }

  @Test
  void aWeightOfAnotherSizeIsRefused() {
    LowRankValues increment = new LowRankValues(new float[6], new float[8], new double[] {1, 1});
    assertEquals(3, increment.out());
    assertEquals(4, increment.in());
    assertThrows(IllegalArgumentException.class, () -> increment.addedTo(new float[11]));
  }

  private static float[] normal(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
