package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** Tiny random models against what Hugging Face Transformers computed with them. */
class TransformersReferenceTest {
  private static final float TOLERANCE = 1e-4f;

  /** A reference model and its texts. */
  private record Reference(PretrainedEncoder model, JsonNode expected, List<Encoding> texts) {
    static Reference read(String name) throws IOException {
      Path folder = Path.of("src", "test", "resources", "transformers", name);
      PretrainedEncoder model = PretrainedEncoders.load(folder.toString());
      JsonNode expected = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
      List<Encoding> texts = new ArrayList<>();
      for (JsonNode text : expected) {
        Optional<String> pair = Optional.ofNullable(text.get("pair")).map(JsonNode::asText);
        int maxLength = model.config().maxTokens();
        texts.add(model.tokenizer().encode(text.get("text").asText(), pair, maxLength));
      }
      return new Reference(model, expected, texts);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "bert-sharded-f16",
        "roberta",
        "roberta-bf16-regression",
        "xlm-roberta",
        "camembert",
        "distilbert",
        "distilbert-relu",
        "electra",
        "electra-generator",
        "electra-square",
        "albert",
        "albert-groups",
        "mpnet",
        "mpnet-buckets",
        "deberta-v3",
        "deberta-v2-conv",
        "deberta-v2-unshared",
        "deberta-v2-p2c",
        "deberta-v2-absolute",
        "modernbert",
        "modernbert-biases"
      })
  void tokenIdsAndHiddenStatesAgree(String name) throws IOException {
    Reference reference = Reference.read(name);
    try (PretrainedEncoder model = reference.model();
        EncoderFeatures encoder = new EncoderFeatures(model)) {
      float[][][] together = encoder.lastHiddenStates(reference.texts());
      for (int text = 0; text < together.length; text++) {
        JsonNode expected = reference.expected().get(text);
        Encoding encoding = reference.texts().get(text);
        assertArrayEquals(
            floats(expected.get("input_ids")),
            floats(new ObjectMapper().valueToTree(encoding.inputIds())));
        float[][] alone = encoder.lastHiddenStates(List.of(encoding))[0];
        for (int token = 0; token < encoding.length(); token++) {
          float[] state = floats(expected.get("last_hidden_state").get(token));
          assertArrayEquals(state, together[text][token], TOLERANCE, "in a padded batch");
          assertArrayEquals(state, alone[token], TOLERANCE, "alone");
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, 3",
    "roberta, 2",
    "roberta-bf16-regression, 1",
    "xlm-roberta, 2",
    "camembert, 3",
    "distilbert, 3",
    "distilbert-relu, 1",
    "electra, 3",
    "electra-generator, 2",
    "albert, 3",
    "albert-groups, 1",
    "mpnet, 3",
    "deberta-v3, 3",
    "deberta-v2-conv, 1",
    "deberta-v2-unshared, 2",
    "modernbert, 3",
    "modernbert-biases, 1"
  })
  void logitsOfTheCheckpointsOwnHeadAgree(String name, int labels) throws IOException {
    Reference reference = Reference.read(name);
    try (PretrainedEncoder model = reference.model();
        Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Weights<TFloat32> weights =
          tensor ->
              tf.constant(
                  Shape.of(model.weights().get(tensor).shape()),
                  DataBuffers.of(model.weights().get(tensor).values()));
      EncoderInputs inputs = paddedBatch(tf, reference);
      Operand<TFloat32> hidden =
          new Encoder<>(model.config(), weights).lastHiddenState(tf, inputs, Dropout.off());
      EncoderHead head = new EncoderHead(model.config(), model.pooling(), labels);
      Operand<TFloat32> logits = head.logits(tf, inputs, hidden, weights, Dropout.off());
      try (Result result = session.runner().fetch(logits).run()) {
        float[][] ours = StdArrays.array2dCopyOf((TFloat32) result.get(0));
        for (int text = 0; text < ours.length; text++) {
          float[] theirs = floats(reference.expected().get(text).get("logits"));
          assertEquals(labels, ours[text].length);
          assertArrayEquals(theirs, ours[text], TOLERANCE);
        }
      }
    }
  }

  @Test
  void aModelWithoutAHeadIsLoadedWithoutOne() throws IOException {
    try (PretrainedEncoder model = Reference.read("bert-sharded-f16").model()) {
      assertFalse(model.weights().containsKey("classifier.weight"));
      assertEquals("config.json, model.safetensors.index.json, tokenizer.json", model.source());
    }
  }

  private static EncoderInputs paddedBatch(Ops tf, Reference reference) {
    List<Encoding> texts = reference.texts();
    int length = texts.stream().mapToInt(Encoding::length).max().orElseThrow();
    int[][] ids = new int[texts.size()][length];
    int[][] mask = new int[texts.size()][length];
    int[][] types = new int[texts.size()][];
    for (int row = 0; row < texts.size(); row++) {
      Encoding text = texts.get(row);
      Arrays.fill(ids[row], reference.model().config().padTokenId());
      System.arraycopy(text.inputIds(), 0, ids[row], 0, text.length());
      Arrays.fill(mask[row], 0, text.length(), 1);
      types[row] = Arrays.copyOf(text.tokenTypeIds(), length);
    }
    return new EncoderInputs(tf.constant(ids), tf.constant(mask), tf.constant(types));
  }

  private static float[] floats(JsonNode array) {
    float[] floats = new float[array.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = array.get(i).floatValue();
    }
    return floats;
  }
}
