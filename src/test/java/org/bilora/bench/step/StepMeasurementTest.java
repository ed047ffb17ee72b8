package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.junit.jupiter.api.Test;

class StepMeasurementTest {
  static StepMeasurement timing(int rows, int length, Optional<Durations> lora, Double... times) {
    return StepMeasurementBuilder.builder()
        .method(lora.isPresent() ? BiLora.USUAL : Lora.USUAL)
        .rows(rows)
        .length(length)
        .batches(lora.isPresent() ? 2 : 1)
        .xla(true)
        .times(Durations.of(List.of(times)))
        .firstStepSeconds(3.5)
        .operations(60e9)
        .peak(200)
        .peakF32(200)
        .peakMemoryMegabytes(900)
        .loraTimes(lora)
        .build();
  }

  @Test
  void theMedianOfAnOddNumberIsTheMiddleOne() {
    assertEquals(400, Durations.of(List.of(900.0, 300.0, 400.0)).median());
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle() {
    assertEquals(350, Durations.of(List.of(900.0, 300.0, 400.0, 100.0)).median());
  }

  @Test
  void aTimingWithoutStepsIsRefused() {
    List<Double> none = List.of();
    assertThrows(IllegalArgumentException.class, () -> Durations.of(none));
  }

  @Test
  void shareIsOperationsOverTimeOverPeak() {
    StepMeasurement timing = timing(8, 16, Optional.empty(), 600.0, 400.0, 1000.0);
    // 60 GFLOP in 0.6 s are 100 GFLOP/s, half of 200; in 0.4 s, three quarters.
    assertEquals(0.5, timing.shareOfPeak(), 1e-12);
    assertEquals(0.75, timing.shareOfPeakAtMin(), 1e-12);
  }

  @Test
  void tokensOfBothLevelsCount() {
    Durations lora = Durations.of(List.of(200.0));
    StepMeasurement timing = timing(8, 16, Optional.of(lora), 500.0);
    assertEquals(2 * 8 * 16 / 0.5, timing.tokensPerSecond(), 1e-9);
  }

  @Test
  void ratiosCompareMedianWithMedianAndFastestWithFastest() {
    Durations lora = Durations.of(List.of(200.0, 100.0, 300.0));
    StepMeasurement timing = timing(8, 16, Optional.of(lora), 600.0, 400.0, 1000.0);
    assertEquals(3, timing.ratioToLora().orElseThrow(), 1e-12);
    assertEquals(4, timing.ratioToLoraAtMin().orElseThrow(), 1e-12);
    assertTrue(timing(8, 16, Optional.empty(), 1.0).ratioToLora().isEmpty());
  }
}
