package org.bilora.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.bilora.step.ExecutionSettings.Precision;
import org.junit.jupiter.api.Test;

class PrecisionChoiceTest {
  @Test
  void theFasterOneIsChosenAndBfloat16HasToBeATenthFaster() {
    assertEquals(Precision.BF16, choice(Optional.empty(), 160, 100).precision());
    assertEquals(Precision.F32, choice(Optional.empty(), 105, 100).precision());
    assertEquals(Precision.F32, choice(Optional.empty(), 30, 100).precision());
    assertEquals(
        "products reach 30 GFLOP/s in bf16 and 100 in f32",
        choice(Optional.empty(), 30, 100).reason());
  }

  @Test
  void whatDoesNotWorkIsNotChosen() {
    PrecisionChoice choice = choice(Optional.of("does not work (no kernel)"), 0, 0);
    assertEquals(Precision.F32, choice.precision());
    assertEquals("bf16 does not work (no kernel)", choice.reason());
  }

  private static PrecisionChoice choice(Optional<String> problem, double brief, double single) {
    return PrecisionChoice.of(new Bfloat16Check.Measured(problem, brief, single));
  }
}
