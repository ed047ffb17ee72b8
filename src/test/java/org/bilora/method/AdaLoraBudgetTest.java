package org.bilora.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class AdaLoraBudgetTest {
  private static final AdaLora METHOD =
      new AdaLora(OptionalInt.empty(), 0.2, 0.3, 2, 0.85, 0.7, 0.1);

  @Test
  void theBudgetFallsByACubicAsInThePaper() {
    AdaLora method = new AdaLora(OptionalInt.empty(), 0.1, 0.5, 5, 0.85, 0.85, 0.1);
    for (int step = 0; step < 100; step++) {
      AdaLora.Allocation allocation = method.allocation(step, 100);
      double expected =
          step < 10 ? 1 : step < 50 ? Math.pow(1 - (step - 10) / (100.0 - 50 - 10), 3) : 0;
      assertEquals(expected, allocation.excess(), 1e-12, "step " + step);
      assertEquals(step < 50, allocation.scored(), "step " + step);
      boolean masked = step >= 50 || (step >= 10 && step % 5 == 0);
      assertEquals(masked, allocation.masked(), "step " + step);
    }
  }

  @Test
  void theInitialRankIsOneAndAHalfTimesTheFinalOneUnlessSet() {
    assertEquals(12, METHOD.initialRank(8));
    assertEquals(3, METHOD.initialRank(2));
    AdaLora set = new AdaLora(OptionalInt.of(5), 0.2, 0.3, 2, 0.85, 0.7, 0.1);
    assertEquals(5, set.initialRank(4));
    assertEquals(
        "initialRank is 5; it must be at least the rank, 6",
        assertThrows(IllegalArgumentException.class, () -> set.initialRank(6)).getMessage());
    assertEquals(
        "initialShare is 0.5 and finalShare 0.5; their sum must be below 1",
        assertThrows(
                IllegalArgumentException.class,
                () -> new AdaLora(OptionalInt.empty(), 0.5, 0.5, 2, 0.85, 0.7, 0.1))
            .getMessage());
  }
}
