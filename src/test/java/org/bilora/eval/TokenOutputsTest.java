package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.bilora.data.MetricName;
import org.junit.jupiter.api.Test;

class TokenOutputsTest {
  private static List<List<Double>> indices(JsonNode sentences, List<String> labels) {
    List<List<Double>> indices = new ArrayList<>();
    for (JsonNode sentence : sentences) {
      List<Double> row = new ArrayList<>();
      sentence.forEach(tag -> row.add((double) labels.indexOf(tag.asText())));
      indices.add(row);
    }
    return indices;
  }

  @Test
  void entitiesAreCountedAsSeqevalCountsThem() throws IOException {
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("reports.json")) {
      cases = new ObjectMapper().readTree(in).get("tags");
    }
    assertEquals(7, cases.size());
    for (JsonNode one : cases) {
      String name = one.get("name").asText();
      TreeSet<String> tags = new TreeSet<>(List.of("O"));
      for (String side : List.of("expected", "predicted")) {
        one.get(side).forEach(sentence -> sentence.forEach(tag -> tags.add(tag.asText())));
      }
      List<String> labels = List.copyOf(tags);
      TokenOutputs outputs = new TokenOutputs(labels);
      List<List<Double>> expected = indices(one.get("expected"), labels);
      List<List<Double>> predicted = indices(one.get("predicted"), labels);
      assertEquals(
          one.get("f1").asDouble(),
          outputs.metric(MetricName.ENTITY_F1, expected, predicted),
          1e-12,
          name);
      assertEquals(
          one.get("precision").asDouble(),
          outputs.metric(MetricName.ENTITY_PRECISION, expected, predicted),
          1e-12,
          name);
      assertEquals(
          one.get("recall").asDouble(),
          outputs.metric(MetricName.ENTITY_RECALL, expected, predicted),
          1e-12,
          name);
      assertEquals(
          one.get("accuracy").asDouble(),
          outputs.metric(MetricName.ACCURACY, expected, predicted),
          1e-12,
          name);
      List<ClassReport.Row> rows = outputs.report(expected, predicted).orElseThrow().classes();
      assertEquals(one.get("types").size(), rows.size(), name);
      for (int k = 0; k < rows.size(); k++) {
        assertEquals(one.get("types").get(k).asText(), rows.get(k).name(), name);
        assertEquals(one.get("classes").get(k).get(2).asDouble(), rows.get(k).f1(), 1e-12, name);
      }
    }
  }
}
