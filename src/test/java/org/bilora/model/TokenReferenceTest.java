package org.bilora.model;

import static org.bilora.model.TransformersFiles.JSON;
import static org.bilora.model.TransformersFiles.floats;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads over tokens against Transformers' models for token classification. */
class TokenReferenceTest {
  private static final float TOLERANCE = 1e-4f;
  private static final int LABELS = 3;

  /** Where the script cuts texts. */
  private static final int LONGEST = 36;

  static Stream<JsonNode> references() throws IOException {
    JsonNode all = TransformersFiles.read("tokens.json");
    assertTrue(all.size() > 10);
    return StreamSupport.stream(all.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("references")
  void logitsOfEveryTokenAndNamesOfTensorsAreThoseOfTransformers(JsonNode reference)
      throws IOException {
    Path directory = TransformersFiles.FOLDER.resolve(reference.get("name").asText());
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

      List<Encoding> texts = TransformersFiles.encoded(model, reference.get("texts"), LONGEST);
      float[][] ours = new EncoderRun(model.config(), head, weights).logits(texts);
      int length = ours.length / texts.size();
      for (int row = 0; row < texts.size(); row++) {
        JsonNode theirs = reference.get("texts").get(row).get("logits");
        assertEquals(theirs.size(), texts.get(row).length());
        for (int token = 0; token < theirs.size(); token++) {
          assertArrayEquals(
              floats(theirs.get(token)),
              ours[row * length + token],
              TOLERANCE,
              "row %d, token %d".formatted(row, token));
        }
      }
    }
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
    float[] values = floats(row);
    return HostTensor.of(values, values.length);
  }
}
