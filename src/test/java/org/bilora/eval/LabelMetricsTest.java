package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.bilora.data.MetricName;
import org.junit.jupiter.api.Test;

class LabelMetricsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static List<List<Double>> rows(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<List<List<Double>>>() {});
  }

  @Test
  void valuesAreThoseOfScikitLearn() throws IOException {
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("reports.json")) {
      cases = JSON.readTree(in).get("labels");
    }
    assertEquals(4, cases.size());
    for (JsonNode one : cases) {
      for (MetricName metric :
          List.of(MetricName.MICRO_F1, MetricName.MACRO_F1, MetricName.ACCURACY)) {
        assertEquals(
            one.get(metric.id()).asDouble(),
            LabelMetrics.compute(metric, rows(one.get("expected")), rows(one.get("predicted"))),
            1e-12,
            one.get("name").asText());
      }
    }
  }
}
