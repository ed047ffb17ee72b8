package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bilora.data.MetricName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MetricsTest {

  @TestFactory
  List<DynamicTest> valuesAreThoseOfScikitLearnAndSciPy() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (InputStream file = MetricsTest.class.getResourceAsStream("metrics.json")) {
      for (JsonNode one : new ObjectMapper().readTree(file)) {
        tests.add(DynamicTest.dynamicTest(one.get("name").asText(), () -> check(one)));
      }
    }
    assertTrue(tests.size() > 20);
    return tests;
  }

  private static void check(JsonNode one) {
    one.get("want")
        .properties()
        .forEach(
            want -> {
              MetricName metric = MetricName.valueOf(want.getKey().toUpperCase(Locale.ROOT));
              double expected =
                  want.getValue().isNull() ? Double.NaN : want.getValue().doubleValue();
              double actual =
                  Metrics.compute(
                      metric, doubles(one.get("expected")), doubles(one.get("predicted")));
              assertEquals(expected, actual, 1e-12, want.getKey());
            });
  }

  private static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).doubleValue();
    }
    return values;
  }

  @Test
  void correlationsDoNotSeeTheScale() {
    double[] x = {1, 2, 3, 5};
    double[] y = {2, 1, 4, 4.5};
    double expected = Metrics.compute(MetricName.PEARSON, x, y);
    for (double scale : new double[] {1e300, 1e-300, 4e-308, 1e150}) {
      double[] scaled = java.util.Arrays.stream(x).map(v -> v * scale).toArray();
      assertEquals(expected, Metrics.compute(MetricName.PEARSON, scaled, y), 1e-12);
      assertEquals(expected, Metrics.compute(MetricName.PEARSON, y, scaled), 1e-12);
    }
    double[] opposed = {1.7e308, -1.7e308, 0, 1e308};
    assertEquals(1, Metrics.compute(MetricName.PEARSON, opposed, opposed), 1e-12);
    double[] far = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 5};
    assertEquals(expected, Metrics.compute(MetricName.PEARSON, far, y), 1e-7);
  }

  @Test
  void withoutExamplesOrWithNaNEveryMetricIsNaN() {
    for (MetricName metric : MetricName.ofPredictions()) {
      double[] none = {};
      double[] broken = {Double.NaN, 1};
      double[] good = {0, 1};
      assertEquals(Double.NaN, Metrics.compute(metric, none, none), metric.id());
      assertEquals(Double.NaN, Metrics.compute(metric, good, broken), metric.id());
      assertEquals(Double.NaN, Metrics.compute(metric, broken, good), metric.id());
    }
  }

  @Test
  void valuesThatAreNoClassesAndUnequalNumbersAreRefused() {
    double[] one = {1};
    double[] half = {0.5};
    double[] two = {1, 1};
    assertThrows(
        IllegalArgumentException.class, () -> Metrics.compute(MetricName.ACCURACY, one, half));
    assertThrows(
        IllegalArgumentException.class, () -> Metrics.compute(MetricName.PEARSON, one, two));
  }
}
