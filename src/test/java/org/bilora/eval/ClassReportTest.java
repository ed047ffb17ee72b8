package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ClassReportTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static JsonNode cases;

  @BeforeAll
  static void readCases() throws IOException {
    try (InputStream in = ClassReportTest.class.getResourceAsStream("reports.json")) {
      cases = JSON.readTree(in);
    }
  }

  private static List<List<Double>> rows(JsonNode node) {
    return JSON.convertValue(node, new TypeReference<List<List<Double>>>() {});
  }

  /** One class per example. */
  private static List<List<Double>> single(JsonNode node) {
    List<List<Double>> rows = new ArrayList<>();
    node.forEach(value -> rows.add(List.of(value.asDouble())));
    return rows;
  }

  private static void assertRow(JsonNode expected, ClassReport.Row row, String name) {
    assertEquals(expected.get(0).asDouble(), row.precision(), 1e-12, name);
    assertEquals(expected.get(1).asDouble(), row.recall(), 1e-12, name);
    assertEquals(expected.get(2).asDouble(), row.f1(), 1e-12, name);
    if (expected.has(3)) {
      assertEquals(expected.get(3).asLong(), row.support(), name);
    }
  }

  private static void assertReport(JsonNode one, ClassReport report) {
    String name = one.get("name").asText();
    assertEquals(one.get("classes").size(), report.classes().size());
    for (int k = 0; k < report.classes().size(); k++) {
      assertRow(one.get("classes").get(k), report.classes().get(k), name);
    }
    assertRow(one.get("averages").get("micro avg"), report.micro(), name);
    assertRow(one.get("averages").get("macro avg"), report.macro(), name);
    assertRow(one.get("averages").get("weighted avg"), report.weighted(), name);
  }

  @Test
  void reportAndMatrixOfClassesAreThoseOfScikitLearn() {
    assertEquals(3, cases.get("classes").size());
    for (JsonNode one : cases.get("classes")) {
      List<String> names = List.of("c0", "c1", "c2", "c3").subList(0, one.get("labels").asInt());
      TaskOutputs outputs = new ClassOutputs(names);
      List<List<Double>> expected = single(one.get("expected"));
      List<List<Double>> predicted = single(one.get("predicted"));
      assertReport(one, outputs.report(expected, predicted).orElseThrow());
      assertArrayEquals(
          JSON.convertValue(one.get("confusion"), long[][].class),
          outputs.confusion(expected, predicted).orElseThrow().counts());
    }
  }

  @Test
  void reportOfLabelsIsThatOfScikitLearn() {
    for (JsonNode one : cases.get("labels")) {
      List<String> names = List.of("a", "b", "c", "d").subList(0, one.get("classes").size());
      assertReport(
          one,
          new LabelOutputs(names)
              .report(rows(one.get("expected")), rows(one.get("predicted")))
              .orElseThrow());
    }
  }

  @Test
  void sharesOfARowAddUpAndAClassThatIsNeverExpectedHasNone() {
    double[][] shares =
        new ConfusionMatrix(List.of("a", "b"), new long[][] {{1, 3}, {0, 0}}).shares();
    assertArrayEquals(new double[] {0.25, 0.75}, shares[0]);
    assertArrayEquals(new double[] {0, 0}, shares[1]);
  }

  @Test
  void predictionsThatAreNoNumbersHaveNoReport() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            ConfusionMatrix.of(
                List.of("a", "b"), List.of(List.of(1.0)), List.of(List.of(Double.NaN))));
  }
}
