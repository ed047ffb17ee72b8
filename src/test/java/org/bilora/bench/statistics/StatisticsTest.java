package org.bilora.bench.statistics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Expected values are SciPy's (ttest_rel, wilcoxon with method exact or all permutations,
 * t.interval).
 */
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
  void wilcoxonIsExactWithTies() {
    // At most two of seven equal signs are negative: 2 · (1 + 7 + 21) / 2^7. The distribution of
    // ranks that nobody shares would say 0.375.
    double[] differences = {1, 1, -1, 1, 1, -1, 1};
    assertEquals(0.453125, PairedTest.of(differences, new double[7]).wilcoxon().orElseThrow());
  }

  @Test
  void wilcoxonIsThatOfSciPyForSixToThirtyPairs() throws IOException {
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("signed_ranks.json")) {
      cases = new ObjectMapper().readTree(in);
    }
    assertEquals(75, cases.size());
    for (JsonNode one : cases) {
      double[] differences = new double[one.get("differences").size()];
      Arrays.setAll(differences, i -> one.get("differences").get(i).doubleValue());
      assertEquals(
          one.get("p").doubleValue(), SignedRanks.p(differences), 1e-12, () -> one.toString());
    }
  }

  @Test
  void wilcoxonTakesDifferencesThatDifferByRoundingAsEqual() {
    double[] first = {0.81, 0.83, 0.77, 0.79, 0.85, 0.61, 0.95};
    double[] second = {0.80, 0.82, 0.78, 0.80, 0.84, 0.60, 0.93};
    double[] whole = {1, 1, -1, -1, 1, 1, 2};
    assertEquals(
        SignedRanks.p(whole), PairedTest.of(first, second).wilcoxon().orElseThrow(), 1e-15);
  }

  @Test
  void wilcoxonOfManyPairsIsQuick() {
    double[] differences = new double[200];
    Arrays.setAll(differences, i -> (i % 3 == 0 ? -1 : 1) * (1 + i % 17));
    assertTimeout(Duration.ofSeconds(1), () -> assertEquals(0, SignedRanks.p(differences), 1e-3));
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
