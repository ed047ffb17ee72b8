package org.bilora.model;

import static org.bilora.model.TransformersFiles.JSON;
import static org.bilora.model.TransformersFiles.floats;
import static org.bilora.model.TransformersFiles.integers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Generation;
import org.bilora.generate.TextGenerator;
import org.bilora.text.Encoding;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference models under other configurations, against Hugging Face Transformers. */
class VariantsReferenceTest {
  private static final float TOLERANCE = 1e-4f;

  @TempDir private Path folder;

  private static Stream<JsonNode> variants(String model, String expected) throws IOException {
    JsonNode all = TransformersFiles.read("variants.json");
    return all.findParents(expected).stream()
        .filter(each -> each.get("model").asText().equals(model));
  }

  static Stream<JsonNode> encoders() throws IOException {
    return variants("bert", "first");
  }

  static Stream<JsonNode> decoders() throws IOException {
    return variants("gpt2", "first");
  }

  static Stream<JsonNode> generators() throws IOException {
    return variants("gpt2", "tokens");
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void hiddenStatesAgree(JsonNode variant) throws IOException {
    make(variant);
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString());
        EncoderFeatures features = new EncoderFeatures(model)) {
      for (int text = 0; text < variant.get("input_ids").size(); text++) {
        int[] ids = integers(variant.get("input_ids").get(text));
        float[][] states =
            features.lastHiddenStates(List.of(new Encoding(ids, new int[ids.length], false)))[0];
        assertArrayEquals(floats(variant.get("first").get(text)), states[0], TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void logitsAgree(JsonNode variant) throws IOException {
    make(variant);
    try (PretrainedDecoder model = PretrainedDecoders.load("variant", folder)) {
      DecoderRun run = new DecoderRun(model.config(), model.weights(), ImmutableMap.of());
      for (int text = 0; text < variant.get("input_ids").size(); text++) {
        int[] ids = integers(variant.get("input_ids").get(text));
        int[] mask = new int[ids.length];
        Arrays.fill(mask, 1);
        float[][] logits = run.run(new int[][] {ids}, new int[][] {mask}, true);
        float[] expected = floats(variant.get("first").get(text));
        float[] last = Arrays.copyOf(logits[logits.length - 1], expected.length);
        assertArrayEquals(expected, last, TOLERANCE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("generators")
  void generatedTokensAgree(JsonNode variant) throws IOException {
    make(variant);
    int beams = variant.get("beams").asInt();
    DecodingMethod method =
        beams == 1
            ? new DecodingMethod.Greedy()
            : new DecodingMethod.BeamSearch(
                beams, 0.9, DecodingMethod.BeamSearch.Stopping.NO_BETTER_POSSIBLE);
    try (PretrainedDecoder model = PretrainedDecoders.load("variant", folder)) {
      for (boolean cache : new boolean[] {true, false}) {
        DecodingSettings settings = new DecodingSettings(method, 0, 0, 12, 2, cache);
        try (TextGenerator generator = new TextGenerator(model, settings)) {
          List<int[]> prompts =
              List.of(
                  integers(variant.get("input_ids").get(0)),
                  integers(variant.get("input_ids").get(1)));
          List<Generation> texts = generator.generate(prompts, (finished, all) -> {});
          for (int text = 0; text < texts.size(); text++) {
            int[] expected = integers(variant.get("tokens").get(text));
            boolean ended = texts.get(text).ended();
            assertArrayEquals(
                ended ? Arrays.copyOf(expected, expected.length - 1) : expected,
                texts.get(text).tokens());
            int last = expected[expected.length - 1];
            assertEquals(model.generation().ends().contains(last), ended);
          }
        }
      }
    }
  }

  /** The variant's model in the folder. */
  private void make(JsonNode variant) throws IOException {
    Path model = TransformersFiles.FOLDER.resolve(variant.get("model").asText());
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    ObjectNode config = (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
    config.setAll((ObjectNode) variant.get("config"));
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    if (variant.hasNonNull("generation")) {
      JSON.writeValue(folder.resolve("generation_config.json").toFile(), variant.get("generation"));
    }
    if (variant.has("flipped_head")) {
      Path file = folder.resolve("model.safetensors");
      Map<String, HostTensor> tensors = new TreeMap<>(Safetensors.read(file).tensors());
      HostTensor embedding = tensors.get("transformer.wte.weight");
      tensors.put("lm_head.weight", flipped(embedding, variant.get("flipped_head").asInt()));
      Safetensors.write(file, tensors, Map.of("format", "pt"));
    }
  }

  private static HostTensor flipped(HostTensor matrix, int axis) {
    int rows = (int) matrix.dimension(0);
    int columns = (int) matrix.dimension(1);
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        int from =
            axis == 0 ? (rows - 1 - row) * columns + column : row * columns + columns - 1 - column;
        values[row * columns + column] = matrix.values()[from];
      }
    }
    return HostTensor.of(values, rows, columns);
  }
}
