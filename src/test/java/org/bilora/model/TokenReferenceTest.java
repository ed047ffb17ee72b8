package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Heads over tokens against Transformers' models for token classification. */
class TokenReferenceTest {
  private static final Path MODELS = Path.of("src", "test", "resources", "transformers");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final float TOLERANCE = 1e-4f;
  private static final int LABELS = 3;

  /** Where the script cuts texts. */
  private static final int LONGEST = 36;

  static Stream<JsonNode> references() throws IOException {
    JsonNode all = JSON.readTree(MODELS.resolve("tokens.json").toFile());
    assertTrue(all.size() > 10);
    return StreamSupport.stream(all.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("references")
  void logitsOfEveryTokenAndNamesOfTensorsAreThoseOfTransformers(JsonNode reference)
      throws IOException {
    Path directory = MODELS.resolve(reference.get("name").asText());
    try (PretrainedEncoder model = PretrainedEncoders.load(directory.toString())) {
      EncoderHead head = new EncoderHead(model.config(), EncoderHead.Pooling.TOKENS, LABELS);
      assertEquals(reference.get("architecture").asText(), head.architecture());
      Map<String, HostTensor> weights = new HashMap<>(model.weights());
      weights.put("classifier.weight", matrix(reference.get("classifier.weight")));
      weights.put("classifier.bias", vector(reference.get("classifier.bias")));
      weights.keySet().retainAll(head.tensorsOfModel());
      assertEquals(
          new TreeSet<>(List.of(JSON.convertValue(reference.get("tensors"), String[].class))),
          new TreeSet<>(model.checkpoint(weights).keySet()));

      float[][][] ours = logits(model, head, weights, reference.get("texts"));
      for (int row = 0; row < ours.length; row++) {
        JsonNode theirs = reference.get("texts").get(row).get("logits");
        for (int token = 0; token < theirs.size(); token++) {
          assertArrayEquals(
              JSON.convertValue(theirs.get(token), float[].class),
              ours[row][token],
              TOLERANCE,
              "row %d, token %d".formatted(row, token));
        }
      }
    }
  }

  /** {@code [rows][length][labels]}, the texts padded together. */
  private static float[][][] logits(
      PretrainedEncoder model, EncoderHead head, Map<String, HostTensor> weights, JsonNode texts) {
    List<Encoding> encodings = new ArrayList<>();
    for (JsonNode text : texts) {
      Optional<String> pair = Optional.ofNullable(text.get("pair")).map(JsonNode::asText);
      encodings.add(model.tokenizer().encode(text.get("text").asText(), pair, LONGEST));
      assertEquals(text.get("logits").size(), encodings.get(encodings.size() - 1).length());
    }
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Weights<TFloat32> values =
          name ->
              tf.constant(
                  Shape.of(weights.get(name).shape()), DataBuffers.of(weights.get(name).values()));
      EncoderInputs inputs = padded(tf, model, encodings);
      Operand<TFloat32> hidden =
          new Encoder<>(model.config(), values).lastHiddenState(tf, inputs, Dropout.off());
      Operand<TFloat32> logits = head.logits(tf, inputs, hidden, values, Dropout.off());
      try (Result result =
          session.runner().fetch(tf.reshape(logits, inputs.dimensions(tf, LABELS))).run()) {
        return StdArrays.array3dCopyOf((TFloat32) result.get(0));
      }
    }
  }

  private static EncoderInputs padded(Ops tf, PretrainedEncoder model, List<Encoding> texts) {
    int length = texts.stream().mapToInt(Encoding::length).max().orElseThrow();
    int[][] ids = new int[texts.size()][length];
    int[][] mask = new int[texts.size()][length];
    int[][] types = new int[texts.size()][];
    for (int row = 0; row < texts.size(); row++) {
      Encoding text = texts.get(row);
      Arrays.fill(ids[row], model.config().padTokenId());
      System.arraycopy(text.inputIds(), 0, ids[row], 0, text.length());
      Arrays.fill(mask[row], 0, text.length(), 1);
      types[row] = Arrays.copyOf(text.tokenTypeIds(), length);
    }
    return new EncoderInputs(tf.constant(ids), tf.constant(mask), tf.constant(types));
  }

  private static HostTensor matrix(JsonNode rows) {
    float[][] values = JSON.convertValue(rows, float[][].class);
    float[] all = new float[values.length * values[0].length];
    for (int row = 0; row < values.length; row++) {
      System.arraycopy(values[row], 0, all, row * values[row].length, values[row].length);
    }
    return HostTensor.of(all, values.length, values[0].length);
  }

  private static HostTensor vector(JsonNode row) {
    float[] values = JSON.convertValue(row, float[].class);
    return HostTensor.of(values, values.length);
  }
}
