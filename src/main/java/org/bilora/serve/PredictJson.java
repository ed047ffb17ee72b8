package org.bilora.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.tensorflow.ndarray.Shape;

/**
 * Predict requests and answers as TensorFlow Serving's REST interface has them.
 *
 * <pre>
 * row format      {"signature_name": …, "instances": [row, row, …]}   {"predictions": [row, …]}
 * column format   {"signature_name": …, "inputs": columns}            {"outputs": columns}
 * </pre>
 *
 * <p>A row is an object with a value for each input, or, where the signature has one input, the
 * value itself. Columns are an object with a tensor for each input, whose first axis counts the
 * rows, or, where there is one input, the tensor itself. Answers leave out the names in the same
 * way where there is one output. Without {@code signature_name} the signature is {@code
 * serving_default}. Bytes are {@code {"b64": "…"}}; in answers those of outputs whose names end in
 * {@code _bytes}. {@code NaN}, {@code Infinity} and {@code -Infinity} are numbers, both ways.
 *
 * <p>The forms are those of TensorFlow Serving's documentation (api_rest.md); keys that stand twice
 * in an object, of which its parser takes one, are refused here.
 */
final class PredictJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder(new JsonFactory())
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private PredictJson() {}

  /** How inputs were given, which is how the outputs are. */
  enum Format {
    ROWS,
    COLUMNS
  }

  /**
   * A predict request.
   *
   * @param inputs a value for every input of the signature, but for optional ones
   */
  record Request(ServedSignature signature, Format format, Map<String, Values> inputs) {
    /** Keeps copies of the collections. */
    public Request {
      inputs = ImmutableMap.copyOf(inputs);
    }
  }

  /** Writes into JSON. */
  interface Body {
    void write(JsonGenerator out) throws IOException;
  }

  /**
   * Parses the object that a body is.
   *
   * @throws RequestRefusedException when it is not JSON, or no object
   */
  static JsonNode object(byte[] body) {
    if (body.length == 0) {
      throw RequestRefusedException.badRequest("the body is empty; send a JSON object");
    }
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw RequestRefusedException.badRequest(
          "the body is not JSON: %s%s".formatted(e.getOriginalMessage(), where(e)));
    } catch (IOException e) {
      throw RequestRefusedException.badRequest("the body is not JSON: " + e.getMessage());
    }
    if (!root.isObject()) {
      throw RequestRefusedException.badRequest("the body is not a JSON object");
    }
    return root;
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " at line %d, column %d"
            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  /** The signature that a request names, or the default one. */
  static String signatureName(JsonNode root) {
    JsonNode name = root.get("signature_name");
    if (name == null) {
      return ServedSignature.DEFAULT;
    }
    if (!name.isTextual()) {
      throw RequestRefusedException.badRequest("signature_name must be a string");
    }
    return name.textValue().isEmpty() ? ServedSignature.DEFAULT : name.textValue();
  }

  /**
   * Reads a predict request.
   *
   * @param signatures finds a signature by name, or refuses
   * @throws RequestRefusedException when the body does not fit the signature
   */
  static Request read(byte[] body, Function<String, ServedSignature> signatures) {
    JsonNode root = object(body);
    ServedSignature signature = signatures.apply(signatureName(root));
    JsonNode instances = root.get("instances");
    JsonNode inputs = root.get("inputs");
    if ((instances == null) == (inputs == null)) {
      throw RequestRefusedException.badRequest(
          "give one of \"instances\" (row format) and \"inputs\" (column format)");
    }
    return instances != null
        ? new Request(signature, Format.ROWS, rows(instances, signature))
        : new Request(signature, Format.COLUMNS, columns(inputs, signature));
  }

  private static Map<String, Values> rows(JsonNode instances, ServedSignature signature) {
    if (!instances.isArray() || instances.isEmpty()) {
      throw RequestRefusedException.badRequest("\"instances\" must be a list that is not empty");
    }
    boolean named = isNamed(instances.get(0));
    Set<String> names = named ? fieldNames(instances.get(0)) : Set.of(onlyInput(signature));
    checkNames(names, signature, "row 0 of \"instances\"");
    ImmutableMap.Builder<String, Values> inputs = ImmutableMap.builder();
    for (int row = 1; row < instances.size(); row++) {
      JsonNode instance = instances.get(row);
      if (isNamed(instance) != named || named && !fieldNames(instance).equals(names)) {
        throw RequestRefusedException.badRequest(
            "row %d of \"instances\" does not have the form of row 0; all rows are %s"
                .formatted(
                    row,
                    named
                        ? "objects with the keys " + String.join(", ", names)
                        : "values or lists without a name"));
      }
    }
    for (String name : names) {
      List<Values> column = new ArrayList<>();
      ElementType type = signature.inputs().get(name);
      for (int row = 0; row < instances.size(); row++) {
        JsonNode value = named ? instances.get(row).get(name) : instances.get(row);
        column.add(cell(value, type, name, row, column));
      }
      inputs.put(name, Values.concatenate(column));
    }
    return inputs.build();
  }

  /** One row, with an axis of one in front. */
  private static Values cell(
      JsonNode value, ElementType type, String name, int row, List<Values> above) {
    Values cell;
    try {
      cell = Values.of(value, type);
    } catch (RequestRefusedException e) {
      throw new RequestRefusedException(
          e.status(), "row %d of \"instances\", input %s: %s".formatted(row, name, e.getMessage()));
    }
    Shape shape = cell.shape().prepend(1);
    if (!above.isEmpty() && !above.get(0).shape().equals(shape)) {
      throw RequestRefusedException.badRequest(
          "row %d of \"instances\", input %s has the shape %s, row 0 has %s; pad rows to one shape"
              .formatted(row, name, cell.shape(), above.get(0).shape().tail()));
    }
    return new Values(type, shape, cell.elements());
  }

  private static Map<String, Values> columns(JsonNode inputs, ServedSignature signature) {
    if (!isNamed(inputs)) {
      String name = onlyInput(signature);
      return ImmutableMap.of(name, column(inputs, name, signature));
    }
    Set<String> names = fieldNames(inputs);
    checkNames(names, signature, "\"inputs\"");
    ImmutableMap.Builder<String, Values> columns = ImmutableMap.builder();
    for (String name : names) {
      columns.put(name, column(inputs.get(name), name, signature));
    }
    return columns.build();
  }

  private static Values column(JsonNode value, String name, ServedSignature signature) {
    try {
      return Values.of(value, signature.inputs().get(name));
    } catch (RequestRefusedException e) {
      throw new RequestRefusedException(e.status(), "input %s: %s".formatted(name, e.getMessage()));
    }
  }

  private static boolean isNamed(JsonNode value) {
    return value.isObject() && !ElementType.isBase64(value);
  }

  private static Set<String> fieldNames(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The input that values without a name are for. */
  private static String onlyInput(ServedSignature signature) {
    Set<String> required = Sets.difference(signature.inputs().keySet(), signature.optional());
    if (required.size() != 1) {
      throw RequestRefusedException.badRequest(
          "signature %s has the inputs %s; name them in an object"
              .formatted(signature.name(), String.join(", ", signature.inputs().keySet())));
    }
    return required.iterator().next();
  }

  private static void checkNames(Set<String> names, ServedSignature signature, String where) {
    Set<String> known = signature.inputs().keySet();
    Set<String> missing = Sets.difference(Sets.difference(known, signature.optional()), names);
    Set<String> unknown = Sets.difference(names, known);
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw RequestRefusedException.badRequest(
          "%s has the keys %s; signature %s has the inputs %s"
              .formatted(
                  where,
                  names.isEmpty() ? "(none)" : String.join(", ", names),
                  signature.name(),
                  String.join(", ", known)));
    }
  }

  /**
   * Writes the answer to a predict request.
   *
   * @throws RequestRefusedException when row format was asked for and an output has no rows
   */
  static byte[] write(Format format, Map<String, Values> outputs) {
    return format == Format.ROWS ? predictions(outputs) : outputs(outputs);
  }

  private static byte[] predictions(Map<String, Values> outputs) {
    int rows = -1;
    for (Map.Entry<String, Values> output : outputs.entrySet()) {
      Values values = output.getValue();
      if (!values.hasRows() || rows >= 0 && values.rows() != rows) {
        throw RequestRefusedException.badRequest(
            "output %s does not have a row for each row of the others; ask in column format"
                .formatted(output.getKey()));
      }
      rows = values.rows();
    }
    int count = rows;
    return bytes(
        out -> {
          out.writeArrayFieldStart("predictions");
          for (int row = 0; row < count; row++) {
            int at = row;
            writeNamed(
                outputs, out, (name, values) -> values.writeRow(at, isBytes(name, values), out));
          }
          out.writeEndArray();
        });
  }

  private static byte[] outputs(Map<String, Values> outputs) {
    return bytes(
        out -> {
          out.writeFieldName("outputs");
          writeNamed(outputs, out, (name, values) -> values.write(isBytes(name, values), out));
        });
  }

  private interface Writer {
    void write(String name, Values values) throws IOException;
  }

  private static void writeNamed(Map<String, Values> outputs, JsonGenerator out, Writer writer)
      throws IOException {
    boolean named = outputs.size() > 1;
    if (named) {
      out.writeStartObject();
    }
    for (Map.Entry<String, Values> output : outputs.entrySet()) {
      if (named) {
        out.writeFieldName(output.getKey());
      }
      writer.write(output.getKey(), output.getValue());
    }
    if (named) {
      out.writeEndObject();
    }
  }

  private static boolean isBytes(String output, Values values) {
    return values.type() == ElementType.STRING && output.endsWith("_bytes");
  }

  /** A JSON object, UTF-8. */
  static byte[] bytes(Body fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = JSON.createGenerator(bytes)) {
      out.writeStartObject();
      fields.write(out);
      out.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
