package org.bilora.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  @Test
  void theErrorIsThatOfNumPy() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode cases;
    try (InputStream in = getClass().getResourceAsStream("calibration.json")) {
      cases = json.readTree(in);
    }
    assertEquals(6, cases.size());
    for (JsonNode one : cases) {
      assertEquals(
          one.get("error").doubleValue(),
          Calibration.expectedError(
              json.treeToValue(one.get("logits"), float[][].class),
              json.treeToValue(one.get("expected"), double[].class)),
          1e-12);
    }
  }

  @Test
  void certaintyThatIsWrongHalfOfTheTimeIsHalfAnError() {
    float[][] certain = {{50, 0}, {50, 0}, {0, 50}, {0, 50}};
    assertEquals(0.5, Calibration.expectedError(certain, new double[] {0, 1, 1, 0}), 1e-12);
    assertEquals(0, Calibration.expectedError(certain, new double[] {0, 0, 1, 1}), 1e-12);
  }

  @Test
  void evenOddsAreCalibratedWhereHalfIsRight() {
    float[][] even = {{1, 1}, {2, 2}};
    assertEquals(0, Calibration.expectedError(even, new double[] {0, 1}), 1e-12);
  }

  @Test
  void logitsThatAreNoNumbersHaveNoError() {
    assertTrue(
        Double.isNaN(Calibration.expectedError(new float[][] {{Float.NaN, 1}}, new double[1])));
    assertTrue(Double.isNaN(Calibration.expectedError(new float[0][], new double[0])));
    assertThrows(
        IllegalArgumentException.class,
        () -> Calibration.expectedError(new float[1][2], new double[2]));
  }
}
