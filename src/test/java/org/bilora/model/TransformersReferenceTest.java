package org.bilora.model;

import static org.bilora.model.TransformersFiles.floats;
import static org.bilora.model.TransformersFiles.integers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tiny random models against what Hugging Face Transformers computed with them. */
class TransformersReferenceTest {
  private static final float TOLERANCE = 1e-4f;

  /** A reference model and its texts. */
  private record Reference(PretrainedEncoder model, JsonNode expected, List<Encoding> texts) {
    static Reference read(String name) throws IOException {
      PretrainedEncoder model =
          PretrainedEncoders.load(TransformersFiles.FOLDER.resolve(name).toString());
      JsonNode expected = TransformersFiles.read(name + "/expected.json");
      int longest = model.config().maxTokens();
      return new Reference(model, expected, TransformersFiles.encoded(model, expected, longest));
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
        assertArrayEquals(integers(expected.get("input_ids")), encoding.inputIds());
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
    try (PretrainedEncoder model = reference.model()) {
      EncoderHead head = new EncoderHead(model.config(), model.pooling(), labels);
      float[][] ours =
          new EncoderRun(model.config(), head, model.weights()).logits(reference.texts());
      for (int text = 0; text < ours.length; text++) {
        float[] theirs = floats(reference.expected().get(text).get("logits"));
        assertEquals(labels, ours[text].length);
        assertArrayEquals(theirs, ours[text], TOLERANCE);
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
}
