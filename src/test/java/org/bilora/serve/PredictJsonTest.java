package org.bilora.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** The forms in TensorFlow Serving's documentation of its REST interface. */
class PredictJsonTest {
  private static final ServedSignature INTS = signature(Map.of("x", DataType.DT_INT32));
  private static final ServedSignature LONGS = signature(Map.of("x", DataType.DT_INT64));
  private static final ServedSignature FLOATS = signature(Map.of("x", DataType.DT_FLOAT));
  private static final ServedSignature STRINGS = signature(Map.of("x", DataType.DT_STRING));
  private static final ServedSignature THREE =
      signature(
          Map.of(
              "tag", DataType.DT_STRING,
              "signal", DataType.DT_INT64,
              "sensor", DataType.DT_FLOAT));

  private static GraphSignature signature(Map<String, DataType> inputs) {
    SignatureDef.Builder definition = SignatureDef.newBuilder();
    inputs.forEach(
        (name, type) -> definition.putInputs(name, TensorInfo.newBuilder().setDtype(type).build()));
    return new GraphSignature("default", definition.build(), null, ImmutableMap.of());
  }

  private static PredictJson.Request read(String body, ServedSignature signature) {
    return PredictJson.read(body.getBytes(StandardCharsets.UTF_8), name -> signature);
  }

  private static void assertValues(
      Object elements, Shape shape, PredictJson.Request request, String input) {
    Values values = request.inputs().get(input);
    assertEquals(shape, values.shape());
    if (elements instanceof int[] ints) {
      assertArrayEquals(ints, (int[]) values.elements());
    } else if (elements instanceof long[] longs) {
      assertArrayEquals(longs, (long[]) values.elements());
    } else if (elements instanceof float[] floats) {
      assertArrayEquals(floats, (float[]) values.elements());
    } else {
      byte[][] bytes = (byte[][]) values.elements();
      String[] expected = (String[]) elements;
      assertEquals(expected.length, bytes.length);
      for (int i = 0; i < bytes.length; i++) {
        assertEquals(expected[i], new String(bytes[i], StandardCharsets.UTF_8));
      }
    }
  }

  private static String refusal(String body, ServedSignature signature) {
    RequestRefusedException refused =
        assertThrows(RequestRefusedException.class, () -> read(body, signature), body);
    assertEquals(400, refused.status(), refused.getMessage());
    return refused.getMessage();
  }

  @Test
  void aListOfScalarsIsAColumnOfTheOnlyInput() {
    PredictJson.Request request = read("{\"instances\": [\"foo\", \"bar\", \"baz\"]}", STRINGS);
    assertEquals(PredictJson.Format.ROWS, request.format());
    assertValues(new String[] {"foo", "bar", "baz"}, Shape.of(3), request, "x");
  }

  @Test
  void rowsOfTheOnlyInputMayBeTensors() {
    assertValues(
        new int[] {1, 2, 3, 4},
        Shape.of(2, 1, 2),
        read("{\"instances\": [[[1, 2]], [[3, 4]]]}", INTS),
        "x");
  }

  @Test
  void rowsOfSeveralInputsAreObjects() {
    PredictJson.Request request =
        read(
            """
            {"instances": [
              {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
              {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]}]}""",
            THREE);
    assertValues(new String[] {"foo", "bar"}, Shape.of(2), request, "tag");
    assertValues(new long[] {1, 2, 3, 4, 5, 3, 4, 1, 2, 5}, Shape.of(2, 5), request, "signal");
    assertValues(new float[] {1, 2, 3, 4, 4, 5, 6, 8}, Shape.of(2, 2, 2), request, "sensor");
  }

  @Test
  void columnsOfSeveralInputsAreAnObject() {
    PredictJson.Request request =
        read(
            """
            {"inputs": {
              "tag": ["foo", "bar"],
              "signal": [[1, 2, 3], [3, 4, 1]],
              "sensor": [[[1, 2], [3, 4]]]}}""",
            THREE);
    assertEquals(PredictJson.Format.COLUMNS, request.format());
    assertValues(new String[] {"foo", "bar"}, Shape.of(2), request, "tag");
    assertValues(new long[] {1, 2, 3, 3, 4, 1}, Shape.of(2, 3), request, "signal");
    assertValues(new float[] {1, 2, 3, 4}, Shape.of(1, 2, 2), request, "sensor");
  }

  @Test
  void theOnlyColumnNeedsNoNameAndMayBeAScalar() {
    assertValues(
        new int[] {1, 2, 3, 4}, Shape.of(2, 2), read("{\"inputs\": [[1, 2], [3, 4]]}", INTS), "x");
    assertValues(new int[] {7}, Shape.scalar(), read("{\"inputs\": 7}", INTS), "x");
    assertValues(new int[] {7}, Shape.of(1), read("{\"inputs\": {\"x\": [7]}}", INTS), "x");
  }

  @Test
  void aNamedRowOfTheOnlyInputIsTakenToo() {
    assertValues(
        new int[] {1, 2},
        Shape.of(2),
        read("{\"instances\": [{\"x\": 1}, {\"x\": 2}]}", INTS),
        "x");
  }

  @Test
  void bytesComeAsBase64AloneInListsAndNamed() {
    String[] expected = {"aa", "bb"};
    String aa = "{\"b64\": \"YWE=\"}";
    String bb = "{\"b64\": \"YmI\"}";
    for (String body :
        new String[] {
          "{\"instances\": [%s, %s]}".formatted(aa, bb),
          "{\"instances\": [{\"x\": %s}, {\"x\": %s}]}".formatted(aa, bb),
          "{\"inputs\": [%s, %s]}".formatted(aa, bb),
          "{\"inputs\": {\"x\": [%s, \"bb\"]}}".formatted(aa)
        }) {
      assertValues(expected, Shape.of(2), read(body, STRINGS), "x");
    }
    assertValues(
        expected,
        Shape.of(1, 2),
        read("{\"instances\": [[%s, %s]]}".formatted(aa, bb), STRINGS),
        "x");
    assertValues(
        new String[] {"aa"}, Shape.scalar(), read("{\"inputs\": " + aa + "}", STRINGS), "x");
  }

  @Test
  void stringsAreUtf8() {
    assertValues(
        new String[] {"naïve 🙂 \u0000"},
        Shape.of(1),
        read("{\"instances\": [\"na\\u00efve \\ud83d\\ude42 \\u0000\"]}", STRINGS),
        "x");
    assertTrue(refusal("{\"instances\": [\"\\ud83d\"]}", STRINGS).contains("surrogate"));
  }

  @Test
  void wholeNumbersMustBeWholeAndFit() {
    assertValues(
        new long[] {Long.MIN_VALUE, Long.MAX_VALUE},
        Shape.of(2),
        read("{\"instances\": [-9223372036854775808, 9223372036854775807]}", LONGS),
        "x");
    for (String wrong : new String[] {"1.0", "1e2", "2147483648", "true", "null", "\"1\"", "{}"}) {
      refusal("{\"instances\": [" + wrong + "]}", INTS);
    }
    refusal("{\"instances\": [9223372036854775808]}", LONGS);
    refusal("{\"instances\": [{\"b64\": \"YWE=\"}]}", INTS);
  }

  @Test
  void floatsMayBeWholeAndNotFinite() {
    assertValues(
        new float[] {1, 2.5f, 1e-3f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY},
        Shape.of(6),
        read("{\"instances\": [1, 2.5, 1e-3, NaN, Infinity, -Infinity]}", FLOATS),
        "x");
    refusal("{\"instances\": [\"1\"]}", FLOATS);
  }

  @Test
  void rowsThatDifferAreRefusedByNumber() {
    assertTrue(refusal("{\"instances\": [[1,2],[3,4],[5,6,7]]}", INTS).contains("row 2"));
    assertTrue(refusal("{\"instances\": [[1,2],[3,4],[[5,6]]]}", INTS).contains("row 2"));
    assertTrue(refusal("{\"instances\": [1, [1]]}", INTS).contains("row 1"));
    assertTrue(refusal("{\"instances\": [{\"x\": 1}, 1]}", INTS).contains("row 1"));
    assertTrue(refusal("{\"instances\": [1, {\"x\": 1}]}", INTS).contains("row 1"));
    assertTrue(refusal("{\"instances\": [{\"x\": 1}, {\"y\": 1}]}", INTS).contains("row 1"));
  }

  @Test
  void listsThatDifferInLengthOrDepthAreRefused() {
    for (String inputs :
        new String[] {
          "[[1,2],[3]]",
          "[[1],[2,3]]",
          "[[1,2],3]",
          "[1,[2]]",
          "[[[1]],[2]]",
          "[[],[1]]",
          "[[1],[]]"
        }) {
      refusal("{\"inputs\": " + inputs + "}", INTS);
    }
    // A shape of 2^63 elements claimed in 200 characters.
    StringBuilder deep = new StringBuilder("1");
    for (int i = 0; i < 63; i++) {
      deep.insert(0, "[").append(",1]");
    }
    refusal("{\"inputs\": " + deep + "}", INTS);
    refusal("{\"inputs\": " + "[".repeat(900) + "]".repeat(900) + ", \"x\": 1, \"x\": 2}", INTS);
  }

  @Test
  void namesMustBeThoseOfTheInputs() {
    assertTrue(
        refusal("{\"instances\": [{\"tag\": \"a\"}]}", THREE).contains("sensor, signal, tag"));
    assertTrue(refusal("{\"inputs\": {\"y\": 1}}", INTS).contains("has the keys y"));
    assertTrue(refusal("{\"inputs\": {\"x\": 1, \"y\": 1}}", INTS).contains("x, y"));
    assertTrue(refusal("{\"instances\": [1]}", THREE).contains("name them"));
    assertTrue(refusal("{\"inputs\": [1]}", THREE).contains("name them"));
  }

  @Test
  void bodiesThatAreNoRequestAreRefused() {
    for (String body :
        new String[] {
          "",
          "instances = [1]",
          "[1]",
          "{\"instances\": [1]",
          "{\"instances\": [1]} x",
          "{}",
          "{\"instances\": [1], \"inputs\": [1]}",
          "{\"instances\": []}",
          "{\"instances\": 1}",
          "{\"instances\": [1], \"instances\": [2]}",
          "{\"signature_name\": 5, \"instances\": [1]}",
          "{\"instances\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}"
        }) {
      refusal(body, INTS);
    }
    refusal("{\"instances\": [{\"b64\": \"**\"}]}", STRINGS);
    RequestRefusedException half =
        assertThrows(
            RequestRefusedException.class,
            () -> read("{\"instances\": [1]}", signature(Map.of("x", DataType.DT_HALF))));
    assertEquals(501, half.status());
  }

  @Test
  void answersLeaveOutTheNameOfTheOnlyOutput() {
    Values y = new Values(ElementType.FLOAT, Shape.of(3), new float[] {3.5f, 4, 1e-5f});
    assertEquals(
        "{\"predictions\":[3.5,4.0,1.0E-5]}", write(PredictJson.Format.ROWS, Map.of("y", y)));
    assertEquals(
        "{\"outputs\":[3.5,4.0,1.0E-5]}", write(PredictJson.Format.COLUMNS, Map.of("y", y)));
    Values scalar = new Values(ElementType.FLOAT, Shape.scalar(), new float[] {Float.NaN});
    assertEquals("{\"outputs\":NaN}", write(PredictJson.Format.COLUMNS, Map.of("y", scalar)));
    RequestRefusedException refused =
        assertThrows(
            RequestRefusedException.class,
            () -> PredictJson.write(PredictJson.Format.ROWS, Map.of("y", scalar)));
    assertEquals(400, refused.status());
  }

  @Test
  void answersWithSeveralOutputsAreObjects() {
    Map<String, Values> outputs =
        ImmutableSortedMap.of(
            "image_bytes", strings("aa", "\u0000"),
            "label", strings("a\"b", "ä"),
            "p", new Values(ElementType.INT32, Shape.of(2, 2), new int[] {1, 2, 3, 4}));
    assertEquals(
        Client.parse(
            """
            {"predictions": [
              {"image_bytes": {"b64": "YWE="}, "label": "a\\"b", "p": [1, 2]},
              {"image_bytes": {"b64": "AA=="}, "label": "ä", "p": [3, 4]}]}"""),
        Client.parse(write(PredictJson.Format.ROWS, outputs)));
    assertEquals(
        Client.parse(
            """
            {"outputs": {
              "image_bytes": [{"b64": "YWE="}, {"b64": "AA=="}],
              "label": ["a\\"b", "ä"],
              "p": [[1, 2], [3, 4]]}}"""),
        Client.parse(write(PredictJson.Format.COLUMNS, outputs)));
  }

  private static Values strings(String... strings) {
    byte[][] bytes = new byte[strings.length][];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = strings[i].getBytes(StandardCharsets.UTF_8);
    }
    return new Values(ElementType.STRING, Shape.of(strings.length), bytes);
  }

  private static String write(PredictJson.Format format, Map<String, Values> outputs) {
    return new String(PredictJson.write(format, outputs), StandardCharsets.UTF_8);
  }
}
