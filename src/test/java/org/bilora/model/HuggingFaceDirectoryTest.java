package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Directories that differ from a sound one in one thing. */
class HuggingFaceDirectoryTest {
  private static final Path SOUND = Path.of("src", "test", "resources", "transformers", "bert");
  private static final Path SHARDED =
      Path.of("src", "test", "resources", "transformers", "bert-sharded-f16");

  @TempDir Path folder;

  @BeforeEach
  void copyASoundModel() throws IOException {
    copy(SOUND);
  }

  @Test
  void oldNamesAndNamesWithoutAPrefixMeanTheSame() throws IOException {
    rewrite(
        tensors -> {
          Map<String, HostTensor> old = new HashMap<>();
          tensors.forEach(
              (name, tensor) ->
                  old.put(
                      name.replaceFirst("^bert\\.", "")
                          .replace("LayerNorm.weight", "LayerNorm.gamma")
                          .replace("LayerNorm.bias", "LayerNorm.beta"),
                      tensor));
          assertTrue(old.containsKey("embeddings.LayerNorm.gamma"));
          return old;
        });
    try (PretrainedEncoder sound = PretrainedEncoders.load(SOUND.toString());
        PretrainedEncoder renamed = PretrainedEncoders.load(folder.toString())) {
      assertEquals(sound.weights().keySet(), renamed.weights().keySet());
      sound
          .weights()
          .forEach(
              (name, tensor) ->
                  assertArrayEquals(tensor.values(), renamed.weights().get(name).values(), name));
    }
  }

  @Test
  void tensorsOfOtherHeadsAreLeftOut() throws IOException {
    rewrite(
        tensors -> {
          tensors.put("cls.predictions.bias", HostTensor.of(new float[60], 60));
          // A head of one label per token has a classifier but no pooler.
          tensors.remove("bert.pooler.dense.weight");
          tensors.remove("bert.pooler.dense.bias");
          return tensors;
        });
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString())) {
      assertFalse(model.weights().containsKey("cls.predictions.bias"));
      assertFalse(model.weights().containsKey("classifier.weight"));
    }
  }

  @Test
  void aTensorOfAnotherShapeIsNamedWithBothShapes() throws IOException {
    String name = "bert.encoder.layer.1.output.dense.weight";
    rewrite(
        tensors -> {
          tensors.put(name, tensors.get(name).transpose());
          return tensors;
        });
    assertRefused(
        "model.safetensors: tensor encoder.layer.1.output.dense.weight has shape [24, 16],"
            + " but the configuration asks for [16, 24]");
  }

  @Test
  void aWeightThatIsNoNumberIsNamed() throws IOException {
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      rewrite(
          tensors -> {
            HostTensor bias = tensors.get("bert.encoder.layer.1.output.dense.bias");
            float[] values = bias.values().clone();
            values[3] = value;
            tensors.put("bert.encoder.layer.1.output.dense.bias", HostTensor.of(values, 16));
            return tensors;
          });
      assertRefused(
          "model.safetensors: value 3 of tensor encoder.layer.1.output.dense.bias is " + value);
    }
  }

  @Test
  void aSharedEmbeddingIsFoundUnderItsOtherName() throws IOException {
    Map<String, HostTensor> sound = Safetensors.read(SOUND.resolve("model.safetensors")).tensors();
    String embedding = "bert.embeddings.word_embeddings.weight";
    for (String other : List.of("cls.predictions.decoder.weight", "any.name")) {
      Map<String, HostTensor> tensors = new HashMap<>(sound);
      tensors.put(other, tensors.remove(embedding));
      Map<String, String> metadata =
          other.startsWith("any") ? Map.of("format", "pt", embedding, other) : Map.of();
      Safetensors.write(folder.resolve("model.safetensors"), tensors, metadata);
      try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString())) {
        assertArrayEquals(
            sound.get(embedding).values(),
            model.weights().get("embeddings.word_embeddings.weight").values());
      }
    }
  }

  @Test
  void namesOfClassesAreReadInTheOrderOfTheirIds() throws IOException {
    Path config = folder.resolve("config.json");
    String sound = Files.readString(config).replaceFirst("(?s)\"id2label\": \\{.*?},", "");
    Files.writeString(
        config,
        sound.replaceFirst("\\{", "{\"id2label\": {\"1\": \"no\", \"0\": \"yes\", \"2\": \"?\"},"));
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString())) {
      assertEquals(List.of("yes", "no", "?"), model.config().id2label());
    }
    Files.writeString(
        config, sound.replaceFirst("\\{", "{\"id2label\": {\"0\": \"no\", \"1\": \"no\"},"));
    assertRefused("id2label[\"1\"] is \"no\"; it must map 0 to 1 to different names");
    Files.writeString(config, sound);
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString())) {
      assertEquals(List.of(), model.config().id2label());
    }
  }

  @Test
  void aClassifierThatDoesNotFitIsNamed() throws IOException {
    rewrite(
        tensors -> {
          tensors.put("classifier.bias", HostTensor.of(new float[4], 4));
          return tensors;
        });
    assertRefused("tensor classifier.bias has shape [4], but the configuration asks for [3]");
    rewrite(
        tensors -> {
          tensors.put("classifier.weight", HostTensor.of(new float[9], 3, 3));
          return tensors;
        });
    assertRefused(
        "tensor classifier.weight has shape [3, 3], but the configuration asks for [labels, 16]");
  }

  @Test
  void missingTensorsAreNamed() throws IOException {
    rewrite(
        tensors -> {
          tensors.remove("bert.encoder.layer.0.attention.self.key.bias");
          return tensors;
        });
    assertRefused(
        "model.safetensors lacks 1 of the 37 tensors that a BERT encoder of this configuration has:"
            + " encoder.layer.0.attention.self.key.bias");
    rewrite(tensors -> new HashMap<>());
    assertRefused("lacks 37 of the 37 tensors");
  }

  @Test
  void aTensorThatIsThereTwiceIsNamed() throws IOException {
    String name = "embeddings.LayerNorm.bias";
    rewrite(
        tensors -> {
          tensors.put(name, tensors.get("bert." + name));
          return tensors;
        });
    assertRefused("holds tensor embeddings.LayerNorm.bias twice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"bert\" | \"gpt2\" | model_type is gpt2; supported: bert, roberta",
        "\"gelu\" | \"mish\" | hidden_act is mish; supported: gelu, gelu_python, gelu_new",
        "\"is_decoder\": false | \"is_decoder\": true | is_decoder is true; supported: false",
        "\"hidden_size\": 16 | \"hidden_size\": \"16\" | hidden_size is \"16\"; it must be a whole number",
        "\"hidden_size\": 16 | \"hidden_size\": 18 | num_attention_heads is 4; it must divide hidden_size 18",
        "\"hidden_size\": 16, | '' | has no hidden_size",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 0 | num_hidden_layers is 0; it must be 1 or more",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | lacks 16 of the 53 tensors",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 1000000 | layers is 1000000, but",
        "\"hidden_size\": 16 | \"hidden_size\": 2147483644 | has shape [60, 16]",
        "\"intermediate_size\": 24 | \"intermediate_size\": 32 | tensor encoder.layer.0.intermediate.dense.weight has shape [24, 16]",
        "\"hidden_dropout_prob\": 0.1 | \"hidden_dropout_prob\": 1.0 | hidden_dropout_prob is 1.0; it must be at least 0",
        "\"classifier_dropout\": null | \"classifier_dropout\": 1.5 | classifier_dropout is 1.5; it must be at least 0",
        "\"layer_norm_eps\": 1e-12 | \"layer_norm_eps\": \"tiny\" | layer_norm_eps is \"tiny\"; it must be 0 or more",
        "\"pad_token_id\": 0 | \"pad_token_id\": 60 | pad_token_id is 60; it must be from 0 to below vocab_size 60",
        "\"hidden_size\": 16 | \"hidden_size\": 0 | hidden_size is 0; it must be 1 or more",
        "\"vocab_size\": 60 | \"vocab_size\": 59 | tensor embeddings.word_embeddings.weight has shape [60, 16]",
        "{ | [{ | config.json is not valid JSON",
        "\"hidden_size\": 16 | \"hidden_size\": 16, \"hidden_size\": 8 | config.json is not valid JSON: line 13: Duplicate field 'hidden_size'",
      })
  void aConfigurationThatDoesNotFitIsRefusedByField(String from, String to, String complaint)
      throws IOException {
    Path config = folder.resolve("config.json");
    String sound = Files.readString(config);
    assertTrue(sound.contains(from), from);
    Files.writeString(config, sound.replace(from, to == null ? "" : to));
    assertRefused(complaint);
  }

  @Test
  void theHeadsDropoutIsItsOwnWhereTheConfigurationHasOneElseTheHiddenOne() throws IOException {
    Path config = folder.resolve("config.json");
    String sound = Files.readString(config);
    String hidden = sound.replace("\"hidden_dropout_prob\": 0.1", "\"hidden_dropout_prob\": 0.3");
    assertEquals(0.3, classifierDropout(config, hidden));
    assertEquals(
        0.3, classifierDropout(config, hidden.replace("\"classifier_dropout\": null,", "")));
    assertEquals(
        0.0,
        classifierDropout(
            config, hidden.replace("\"classifier_dropout\": null", "\"classifier_dropout\": 0.0")));
  }

  private double classifierDropout(Path config, String json) throws IOException {
    Files.writeString(config, json);
    try (PretrainedEncoder encoder = PretrainedEncoders.load(folder.toString())) {
      assertEquals(0.3, encoder.config().hiddenDropoutProbability());
      return encoder.config().classifierDropoutProbability();
    }
  }

  @Test
  void missingFilesAreNamed() throws IOException {
    Files.delete(folder.resolve("tokenizer.json"));
    assertRefused("tokenizer.json is missing");
    copy(SOUND);
    Files.delete(folder.resolve("config.json"));
    assertRefused("config.json is missing");
    copy(SOUND);
    Files.delete(folder.resolve("model.safetensors"));
    assertRefused(
        "holds none of model.safetensors, model.safetensors.index.json, pytorch_model.bin");
    copy(SHARDED);
    Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
    assertRefused("names the shard model-00002-of-00003.safetensors, which is missing");
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length / 2));
    assertRefused("model.safetensors is not a sound safetensors file");
    copy(SOUND);
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":");
    assertRefused("tokenizer.json is not a sound tokenizer.json");
  }

  @Test
  void anIdThatTheEmbeddingLacksIsAnErrorWhenItOccurs() throws IOException {
    Path tokenizer = folder.resolve("tokenizer.json");
    String sound = Files.readString(tokenizer);
    assertTrue(sound.contains("\"the\":"));
    Files.writeString(tokenizer, sound.replaceFirst("\"the\":\\d+", "\"the\":2147483647"));
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.toString())) {
      assertEquals(3, model.tokenizer().encode("mill", Optional.empty(), 9).length());
      String refused =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.tokenizer().encode("the mill", Optional.empty(), 9))
              .getMessage();
      assertTrue(refused.contains("token id 2147483647 of the text \"the mill\""), refused);
      assertTrue(refused.contains("the word embedding has only 60 rows"), refused);
    }
  }

  @Test
  void aNameThatIsNeitherPresetNorDirectoryIsRefused() {
    for (String name : new String[] {"no-such-model", "", "\0"}) {
      IOException refused = assertThrows(IOException.class, () -> PretrainedEncoders.load(name));
      assertTrue(refused.getMessage().contains("neither a preset (minilm-l6, bge-small"));
    }
  }

  @Test
  void anAdapterBesideTheWeightsIsNotLeftOutInSilence() throws IOException {
    Path adapter = folder.resolve("adapter_config.json");
    Files.writeString(adapter, "{\"peft_type\": \"LORA\", \"r\": 2}");
    assertRefused(adapter + " says that an adapter belongs to this model");
  }

  @Test
  void weightsThatAreToBeRoundedAreNotUsedAsTheyAre() throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config).strip();
    Files.writeString(
        config,
        text.substring(0, text.length() - 1)
            + ", \"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4}}");
    assertRefused(config + ": quantization_config is set");
  }

  @Test
  void classesThatTheConfigurationNumbersInTwoWaysAreRefused() throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"LABEL_0\": 0", "\"LABEL_0\": 2"));
    assertRefused(config + ": id2label gives LABEL_0 the number 0, and label2id 2");
  }

  @Test
  void whatFollowsTheConfigurationIsNotPassedOver() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config) + "{}");
    assertRefused(config + " is not valid JSON");
  }

  private void copy(Path model) throws IOException {
    try (Stream<Path> old = Files.list(folder)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private void rewrite(UnaryOperator<Map<String, HostTensor>> change) throws IOException {
    Map<String, HostTensor> sound = Safetensors.read(SOUND.resolve("model.safetensors")).tensors();
    Safetensors.write(
        folder.resolve("model.safetensors"), change.apply(new HashMap<>(sound)), Map.of());
  }

  private void assertRefused(String complaint) {
    IOException refused =
        assertThrows(IOException.class, () -> PretrainedEncoders.load(folder.toString()));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertTrue(refused.getMessage().startsWith(folder.toString()), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
  }
}
