package org.bilora.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.ndarray.Shape;

/**
 * Classify and regress requests as TensorFlow Serving's REST interface has them:
 *
 * <pre>
 * {"context": {…}, "examples": [{"text": "…"}, …]}   →   {"results": [[["label", 0.9], …], …]}
 *                                                        {"results": [0.3, …]}
 * </pre>
 *
 * <p>TensorFlow Serving itself wants a signature on {@code tf.Example} protobufs for this, which
 * exports have not; here the features of an example are the inputs of the text signature: a string,
 * {@code {"b64": …}}, or a list of one.
 */
final class ExampleJson {
  private ExampleJson() {}

  /**
   * Reads the examples.
   *
   * @param texts the text signature
   * @return a value for each of its inputs
   * @throws RequestRefusedException when an example does not fit
   */
  static Map<String, Values> read(JsonNode root, ServedSignature texts) {
    String signature = PredictJson.signatureName(root);
    if (!signature.equals(ServedSignature.DEFAULT) && !signature.equals(texts.name())) {
      throw RequestRefusedException.badRequest(
          "signature %s does not take examples; leave signature_name out, or ask for :predict"
              .formatted(signature));
    }
    Map<String, JsonNode> context = features(root.path("context"), "\"context\"");
    JsonNode examples = root.path("examples");
    if (!examples.isArray() || examples.isEmpty()) {
      throw RequestRefusedException.badRequest("\"examples\" must be a list that is not empty");
    }
    List<Map<String, JsonNode>> rows = new ArrayList<>();
    for (JsonNode example : examples) {
      String where = "example " + rows.size();
      if (!example.isObject()) {
        throw RequestRefusedException.badRequest(where + " is not an object");
      }
      Map<String, JsonNode> row = features(example, where);
      Set<String> twice = Sets.intersection(row.keySet(), context.keySet());
      if (!twice.isEmpty()) {
        throw RequestRefusedException.badRequest(
            "%s and the context both have %s".formatted(where, String.join(", ", twice)));
      }
      row.putAll(context);
      checkNames(row.keySet(), rows.isEmpty() ? null : rows.get(0).keySet(), texts, where);
      rows.add(row);
    }
    ImmutableMap.Builder<String, Values> inputs = ImmutableMap.builder();
    for (String input : rows.get(0).keySet()) {
      inputs.put(input, column(rows, input));
    }
    return inputs.build();
  }

  private static Map<String, JsonNode> features(JsonNode object, String where) {
    Map<String, JsonNode> features = new LinkedHashMap<>();
    if (!object.isMissingNode() && !object.isObject()) {
      throw RequestRefusedException.badRequest(where + " is not an object");
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      JsonNode value = field.getValue();
      features.put(field.getKey(), value.isArray() && value.size() == 1 ? value.get(0) : value);
    }
    return features;
  }

  private static void checkNames(
      Set<String> names, Set<String> first, ServedSignature texts, String where) {
    Set<String> known = texts.inputs().keySet();
    boolean fits =
        known.containsAll(names)
            && names.containsAll(Sets.difference(known, texts.optional()))
            && (first == null || names.equals(first));
    if (!fits) {
      throw RequestRefusedException.badRequest(
          "%s has the features %s; the model takes %s%s"
              .formatted(
                  where,
                  String.join(", ", new TreeSet<>(names)),
                  String.join(", ", known),
                  first == null ? "" : ", the same in all examples"));
    }
  }

  private static Values column(List<Map<String, JsonNode>> rows, String input) {
    byte[][] strings = new byte[rows.size()][];
    for (int row = 0; row < strings.length; row++) {
      try {
        ElementType.STRING.read(rows.get(row).get(input), strings, row);
      } catch (RequestRefusedException e) {
        throw new RequestRefusedException(
            e.status(), "example %d, feature %s: %s".formatted(row, input, e.getMessage()));
      }
    }
    return new Values(ElementType.STRING, Shape.of(strings.length), strings);
  }

  /**
   * Label and probability of every class, for each example, in the order of the classes.
   *
   * @param labels of each example; there may be fewer than columns
   */
  static byte[] classes(List<List<String>> labels, Values probabilities) {
    float[] values = (float[]) probabilities.elements();
    int columns = values.length / Math.max(1, probabilities.rows());
    return PredictJson.bytes(
        out -> {
          out.writeArrayFieldStart("results");
          for (int row = 0; row < probabilities.rows(); row++) {
            out.writeStartArray();
            List<String> names = labels.get(row);
            for (int c = 0; c < names.size(); c++) {
              out.writeStartArray();
              out.writeString(names.get(c));
              out.writeNumber(values[row * columns + c]);
              out.writeEndArray();
            }
            out.writeEndArray();
          }
          out.writeEndArray();
        });
  }

  /** The score of each example. */
  static byte[] scores(Values scores) {
    return PredictJson.bytes(
        out -> {
          out.writeFieldName("results");
          scores.write(false, out);
        });
  }
}
