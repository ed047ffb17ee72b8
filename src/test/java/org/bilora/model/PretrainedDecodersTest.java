package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PretrainedDecodersTest {
  private static final float TOLERANCE = 1e-4f;
  private static final Path MODELS = Path.of("src/test/resources/transformers");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"gpt2, logits", "gpt2-sharded-f16, last_hidden_state"})
  void tokenIdsAndOutputsAgreeWithTransformers(String name, String output) throws IOException {
    JsonNode texts =
        new ObjectMapper().readTree(MODELS.resolve(name).resolve("expected.json").toFile());
    assertEquals(3, texts.size());
    try (PretrainedDecoder model = PretrainedDecoders.load(name, MODELS.resolve(name))) {
      DecoderRun run = new DecoderRun(model.config(), model.weights(), ImmutableMap.of());
      for (JsonNode text : texts) {
        int[] ids =
            model.tokenizer().encode(text.get("text").asText(), Optional.empty(), 30).inputIds();
        assertArrayEquals(new ObjectMapper().convertValue(text.get("input_ids"), int[].class), ids);
        int[] mask = new int[ids.length];
        Arrays.fill(mask, 1);
        float[][] ours = run.run(new int[][] {ids}, new int[][] {mask}, output.equals("logits"));
        float[][] theirs = new ObjectMapper().convertValue(text.get(output), float[][].class);
        assertEquals(theirs.length, ours.length);
        for (int token = 0; token < ours.length; token++) {
          assertArrayEquals(theirs[token], ours[token], TOLERANCE, text.get("text").asText());
        }
      }
    }
  }

  @Test
  void theFilesThatWereReadAreTold() throws IOException {
    try (PretrainedDecoder model =
        PretrainedDecoders.load("x", MODELS.resolve("gpt2-sharded-f16"))) {
      assertEquals(
          "config.json, model.safetensors.index.json, vocab.json, merges.txt", model.source());
      assertEquals(24, model.config().intermediateSize());
      assertEquals(0, model.config().endOfTextId());
    }
  }

  @Test
  void withoutAFileOfItsOwnTheConfigurationSaysHowToGenerate() throws IOException {
    copy("config.json", "model.safetensors", "tokenizer.json");
    changeConfig("\"model_type\"", "\"model_type\": \"gpt2\", \"repetition_penalty\": 1.7,");
    try (PretrainedDecoder model = PretrainedDecoders.load("x", folder)) {
      assertEquals(1.7, model.generation().repetitionPenalty());
      assertEquals(Optional.empty(), model.generation().notDone());
    }
    changeConfig("\"repetition_penalty\"", "\"suppress_tokens\": [1],");
    try (PretrainedDecoder model = PretrainedDecoders.load("x", folder)) {
      String notDone = model.generation().notDone().orElseThrow();
      assertTrue(notDone.startsWith(folder.resolve("config.json") + ": suppress_tokens"), notDone);
    }
    Files.writeString(folder.resolve("generation_config.json"), "{}");
    try (PretrainedDecoder model = PretrainedDecoders.load("x", folder)) {
      assertEquals(Optional.empty(), model.generation().notDone());
    }
  }

  @Test
  void weightsThatNobodyCanHoldAreRefusedBeforeTheyAreDrawn() {
    RandomDecoders.requireSize(12, 768, 50257, 1024);
    int most = Integer.MAX_VALUE;
    for (int[] sizes : new int[][] {{most, 256, 300, 64}, {4, most, 300, 64}, {4, 256, most, 64}}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> RandomDecoders.requireSize(sizes[0], sizes[1], sizes[2], sizes[3]))
              .getMessage();
      assertTrue(message.contains("weights; at most 1000000000"), message);
    }
  }

  private void copy(String... files) throws IOException {
    for (String file : files) {
      Files.copy(MODELS.resolve("gpt2").resolve(file), folder.resolve(file));
    }
  }

  private void changeConfig(String field, String other) throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replaceFirst(field + ": [^,]*,", other));
  }

  private void assertRefused(String message) {
    IOException refused =
        assertThrows(IOException.class, () -> PretrainedDecoders.load("x", folder).close());
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }

  @Test
  void aMissingTokenizerIsNamed() throws IOException {
    copy("config.json", "model.safetensors");
    assertRefused(
        "tokenizer.json is missing, and what it would be made of (vocab.json and merges.txt)");
  }

  @Test
  void anIdThatTheEmbeddingLacksIsAnErrorWhenItOccurs() throws IOException {
    copy("config.json", "model.safetensors", "tokenizer.json");
    Path tokenizer = folder.resolve("tokenizer.json");
    String sound = Files.readString(tokenizer);
    Files.writeString(tokenizer, sound.replaceFirst("\"a\":\\d+", "\"a\":300"));
    try (PretrainedDecoder model = PretrainedDecoders.load("x", folder)) {
      assertEquals(1, model.tokenizer().encode("b", Optional.empty(), 9).length());
      String refused =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.tokenizer().encode("a", Optional.empty(), 9))
              .getMessage();
      assertTrue(refused.contains("token id 300 of the text \"a\""), refused);
      assertTrue(refused.contains("the word embedding has only 285 rows"), refused);
    }
  }

  @Test
  void tensorsThatAreMissingOrOfAnotherShapeAreNamed() throws IOException {
    copy("config.json", "model.safetensors", "tokenizer.json");
    Path file = folder.resolve("model.safetensors");
    Map<String, HostTensor> tensors = new HashMap<>(Safetensors.read(file).tensors());
    HostTensor fused = tensors.remove("transformer.h.1.attn.c_attn.weight");
    Safetensors.write(file, tensors, Map.of());
    assertRefused("lacks 1 of the 28 tensors");
    tensors.put("h.1.attn.c_attn.weight", fused.transpose());
    Safetensors.write(file, tensors, Map.of());
    assertRefused(
        "tensor h.1.attn.c_attn.weight has shape [48, 16], but the configuration asks for [16, 48]");
  }

  @Test
  void aConfigurationThatIsNotBuiltHereIsRefused() throws IOException {
    copy("config.json", "model.safetensors", "tokenizer.json");
    changeConfig("\"add_cross_attention\"", "\"add_cross_attention\": true,");
    assertRefused("add_cross_attention is true; supported: false");
    Files.delete(folder.resolve("config.json"));
    copy("config.json");
    changeConfig("\"n_layer\"", "\"n_layer\": 1000000,");
    assertRefused("n_layer is 1000000, but");
    changeConfig("\"n_layer\"", "\"n_layer\": 2,");
    changeConfig("\"n_embd\"", "\"n_embd\": 2147483644,");
    assertRefused("n_embd is 2147483644, which is too large");
    Files.delete(folder.resolve("config.json"));
    copy("config.json");
    changeConfig("\"n_head\"", "\"n_head\": 3,");
    assertRefused("n_head is 3; it must divide n_embd 16");
    changeConfig("\"model_type\"", "\"model_type\": \"bert\",");
    assertRefused("model_type is bert; supported: gpt2");
  }
}
