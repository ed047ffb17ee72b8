package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.bilevel.Differences;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ONNX presets' forward pass against ONNX Runtime, which runs the same files on its own. */
class PresetFeaturesTest {
  private static final double TOLERANCE = 2e-4;

  @ParameterizedTest
  @ValueSource(strings = {"minilm-l6", "bge-small"})
  void featuresAgreeWithTheSharedFixtures(String preset) throws IOException {
    Path file = Path.of("..", "shared", "fixtures", "features", "pub-" + preset + ".json");
    assumeTrue(Files.exists(file));
    JsonNode expected = new ObjectMapper().readTree(file.toFile());
    try (PretrainedEncoder model = PretrainedEncoders.load(preset);
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      List<Encoding> texts = new ArrayList<>();
      for (JsonNode text : expected) {
        Optional<String> pair = Optional.ofNullable(text.get("pair")).map(JsonNode::asText);
        texts.add(model.tokenizer().encode(text.get("text").asText(), pair, 512));
      }
      List<EncoderFeatures.Features> features = encoder.of(texts);
      for (int i = 0; i < texts.size(); i++) {
        JsonNode text = expected.get(i);
        assertArrayEquals(floats(text.get("input_ids")), toFloats(texts.get(i).inputIds()), 0f);
        assertArrayEquals(floats(text.get("cls")), features.get(i).cls(), (float) TOLERANCE);
        assertArrayEquals(floats(text.get("mean")), features.get(i).mean(), (float) TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "minilm-l6, all-minilm-l6-v2.onnx, output_0, 6, MEAN",
    "bge-small, bge-small-en-v1.5.onnx, last_hidden_state, 12, CLS",
    "e5-small, e5-small-v2.onnx, last_hidden_state, 12, MEAN"
  })
  void hiddenStatesAgreeWithOnnxRuntime(
      String preset, String resource, String output, int layers, EncoderHead.Pooling pooling)
      throws IOException, OrtException {
    try (PretrainedEncoder model = PretrainedEncoders.load(preset);
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      assertEquals(layers, model.config().layers());
      assertEquals(pooling, model.pooling());
      List<Encoding> texts =
          List.of(
              model.tokenizer().encode("It rained; we stayed in.", Optional.empty(), 64),
              model.tokenizer().encode("Naïve cafés", Optional.of("tokenización 東京!"), 64),
              model.tokenizer().encode("word ".repeat(100), Optional.of("b ".repeat(60)), 96));
      float[][][] ours = encoder.lastHiddenStates(texts);
      byte[] onnx;
      try (var in = PretrainedEncoders.class.getResourceAsStream("/" + resource)) {
        onnx = in.readAllBytes();
      }
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      try (OrtSession session = environment.createSession(onnx)) {
        for (int text = 0; text < texts.size(); text++) {
          float[][] theirs = run(environment, session, texts.get(text), output);
          assertEquals(theirs.length, ours[text].length);
          for (int token = 0; token < theirs.length; token++) {
            assertArrayEquals(theirs[token], ours[text][token], (float) TOLERANCE);
          }
        }
      }
    }
  }

  /** As the model was trained: with a word before a text that says what it is. */
  @Test
  @Tag("slow")
  void e5FindsThePassageThatAnswersTheQuery() throws IOException {
    try (PretrainedEncoder model = PretrainedEncoders.load("e5-small");
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      List<float[]> means =
          Stream.of(
                  "query: how long does a river otter live",
                  "passage: River otters live eight to nine years in the wild.",
                  "passage: The otter house opens at nine in the morning.",
                  "passage: Rivers of that length are rare on the island.")
              .map(text -> model.tokenizer().encode(text, Optional.empty(), 64))
              .map(text -> encoder.of(List.of(text)).get(0).mean())
              .toList();
      double answer = cosine(means.get(0), means.get(1));
      assertTrue(answer > cosine(means.get(0), means.get(2)) + 0.02);
      assertTrue(answer > cosine(means.get(0), means.get(3)) + 0.02);
    }
  }

  private static double cosine(float[] a, float[] b) {
    return Differences.dot(a, b) / Math.sqrt(Differences.dot(a, a) * Differences.dot(b, b));
  }

  private static float[][] run(
      OrtEnvironment environment, OrtSession session, Encoding text, String output)
      throws OrtException {
    long[][] ones = new long[1][text.length()];
    Arrays.fill(ones[0], 1);
    try (OnnxTensor ids = OnnxTensor.createTensor(environment, row(text.inputIds()));
        OnnxTensor mask = OnnxTensor.createTensor(environment, ones);
        OnnxTensor types = OnnxTensor.createTensor(environment, row(text.tokenTypeIds()));
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      return ((float[][][]) result.get(output).orElseThrow().getValue())[0];
    }
  }

  private static long[][] row(int[] values) {
    return new long[][] {Arrays.stream(values).asLongStream().toArray()};
  }

  private static float[] toFloats(int[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = values[i];
    }
    return floats;
  }

  private static float[] floats(JsonNode array) {
    float[] floats = new float[array.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = array.get(i).floatValue();
    }
    return floats;
  }
}
