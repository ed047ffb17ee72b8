package org.bilora.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Expected values are SciPy's (ttest_rel, wilcoxon with method exact, t.interval). */
class StatisticsTest {
  private static final double[] FIRST = {0.52, 0.55, 0.49, 0.61, 0.58, 0.54, 0.5};
  private static final double[] SECOND = {0.50, 0.56, 0.45, 0.55, 0.57, 0.49, 0.47};

  @Test
  void meanSpreadAndIntervalAreThoseOfSciPy() {
    Sample sample = Sample.of(FIRST);
    assertEquals(7, sample.count());
    assertEquals(0.5414285714285715, sample.mean(), 1e-12);
    assertEquals(0.04298393941484478, sample.standardDeviation(), 1e-12);
    assertEquals(0.5016750578147918, sample.low(), 1e-9);
    assertEquals(0.5811820850423511, sample.high(), 1e-9);
  }

  @Test
  void aSingleRunHasAMeanAndNoSpread() {
    Sample sample = Sample.of(0.5);
    assertEquals(0.5, sample.mean());
    assertTrue(Double.isNaN(sample.standardDeviation()));
    assertTrue(Double.isNaN(sample.low()));
    assertTrue(Double.isNaN(Sample.of().mean()));
  }

  @Test
  void pairedTestsAreThoseOfSciPy() {
    PairedTest test = PairedTest.of(FIRST, SECOND);
    assertEquals(0.020163745686249863, test.p(), 1e-12);
    assertEquals(0.02857142857142857, test.differences().mean(), 1e-12);
  }

  @Test
  void wilcoxonIsExactWithoutTies() {
    double[] zero = new double[7];
    double[] differences = {0.1, 0.2, -0.05, 0.4, 0.3, 0.7, 0.6};
    // All but the smallest difference are positive: P(W ≤ 1) twice is 4 / 2^7.
    assertEquals(4 / 128.0, PairedTest.of(differences, zero).wilcoxon().orElseThrow(), 1e-12);
  }

  @Test
  void wilcoxonIsLeftOutWhereItCannotReachFivePercent() {
    double[] five = {1, 2, 3, 4, 5.5};
    assertTrue(PairedTest.of(five, new double[5]).wilcoxon().isEmpty());
  }

  @Test
  void differencesWithoutSpreadAreDecidedWithoutDividingByZero() {
    assertEquals(1, PairedTest.of(FIRST, FIRST).p());
    double[] shifted = {1, 2, 3};
    assertEquals(0, PairedTest.of(new double[] {2, 3, 4}, shifted).p());
    assertTrue(Double.isNaN(PairedTest.of(new double[] {1}, new double[] {2}).p()));
    assertThrows(IllegalArgumentException.class, () -> PairedTest.of(FIRST, shifted));
  }

  @Test
  void holmMultipliesByTheTestsThatAreLeftAndNeverDescends() {
    assertArrayEquals(
        new double[] {0.03, 0.06, 0.06, 0.02}, Holm.adjust(0.01, 0.04, 0.03, 0.005), 1e-12);
    assertArrayEquals(new double[] {1, 1}, Holm.adjust(0.7, 0.6), 1e-12);
  }

  @Test
  void aTestThatCouldNotBeMadeDoesNotCount() {
    assertArrayEquals(
        new double[] {0.02, Double.NaN, 0.02}, Holm.adjust(0.01, Double.NaN, 0.02), 1e-12);
  }
}
