package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

class GemmPeakTest {
  private static final List<int[]> SMALL = List.of(new int[] {64, 32, 48}, new int[] {16, 16, 16});

  @Test
  void thePeakIsTheBestOfAllRounds() {
    try (GemmPeak peak = new GemmPeak(TFloat32.class, SMALL)) {
      assertEquals(0, peak.gigaflops());
      double before = 0;
      for (int round = 0; round < 2; round++) {
        peak.round();
        assertTrue(peak.gigaflops() > 0 && peak.gigaflops() >= before);
        before = peak.gigaflops();
      }
    }
  }

  @Test
  void bfloat16IsMeasuredAsWell() {
    try (GemmPeak peak = new GemmPeak(TBfloat16.class, SMALL)) {
      peak.round();
      assertTrue(peak.gigaflops() > 0);
    }
  }
}
