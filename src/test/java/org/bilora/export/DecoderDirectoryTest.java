package org.bilora.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderConfigBuilder;
import org.bilora.model.EncoderConfig;
import org.bilora.model.GenerationConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedDecoders;
import org.bilora.model.TinyDecoders;
import org.bilora.text.BytePairTraining;
import org.bilora.text.JsonTokenizer;
import org.bilora.weights.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecoderDirectoryTest {
  private static final DecoderConfig CONFIG =
      DecoderConfigBuilder.builder()
          .vocabSize(270)
          .hiddenSize(8)
          .layers(2)
          .heads(2)
          .intermediateSize(24)
          .maxPositions(16)
          .layerNormEpsilon(1e-6)
          .embeddingDropoutProbability(0)
          .residualDropoutProbability(0.1)
          .attentionDropoutProbability(0.2)
          .activation(EncoderConfig.Activation.GELU_TANH)
          .attentionScale(DecoderConfig.AttentionScale.USUAL)
          .tiedHead(true)
          .endOfText(OptionalInt.of(0))
          .build();

  @TempDir private Path folder;

  private static PretrainedDecoder model(Map<String, HostTensor> weights) throws IOException {
    BytePairTraining training = new BytePairTraining();
    training.add("the mill, the river, the old mill");
    return new PretrainedDecoder(
        "fresh",
        CONFIG,
        ImmutableMap.copyOf(weights),
        JsonTokenizer.of(training.train(262).definition(), JsonTokenizer.Segments.NONE, "test"),
        GenerationConfig.of(CONFIG),
        "test",
        "",
        ImmutableMap.of());
  }

  @Test
  void whatIsWrittenReadsBackAsItWas() throws IOException {
    Path directory = folder.resolve("new/gpt2");
    try (PretrainedDecoder model = model(TinyDecoders.weights(CONFIG, 1))) {
      DecoderDirectory.write(model, directory);
      try (PretrainedDecoder read = PretrainedDecoders.load("read", directory)) {
        assertEquals(CONFIG, read.config());
        model
            .weights()
            .forEach(
                (name, tensor) ->
                    assertArrayEquals(tensor.values(), read.weights().get(name).values(), name));
        assertArrayEquals(model.tokenizer().definition(), read.tokenizer().definition());
      }
      assertTrue(Files.exists(directory.resolve("tokenizer_config.json")));
      FileAlreadyExistsException refused =
          assertThrows(
              FileAlreadyExistsException.class, () -> DecoderDirectory.write(model, directory));
      assertTrue(refused.getReason().contains("exists already"));
    }
  }

  @Test
  void howATextEndsIsWrittenAndReadBack() throws IOException {
    try (PretrainedDecoder plain = model(TinyDecoders.weights(CONFIG, 1));
        PretrainedDecoder model =
            new PretrainedDecoder(
                plain.name(),
                plain.config(),
                plain.weights(),
                plain.tokenizer(),
                new GenerationConfig(Set.of(0, 7), 1.25, Optional.empty()),
                plain.source(),
                plain.sha256(),
                plain.files())) {
      Path directory = folder.resolve("two-ends");
      DecoderDirectory.write(model, directory);
      String written = Files.readString(directory.resolve("generation_config.json"));
      assertTrue(written.contains("\"repetition_penalty\" : 1.25"), written);
      try (PretrainedDecoder read = PretrainedDecoders.load("read", directory)) {
        assertEquals(Set.of(0, 7), read.generation().ends());
        assertEquals(1.25, read.generation().repetitionPenalty());
      }
    }
  }

  @Test
  void nothingIsLeftOfAModelThatLacksAWeight() throws IOException {
    Map<String, HostTensor> weights = new HashMap<>(TinyDecoders.weights(CONFIG, 1));
    weights.remove("ln_f.bias");
    try (PretrainedDecoder model = model(weights)) {
      assertThrows(
          IOException.class, () -> DecoderDirectory.write(model, folder.resolve("a/gpt2")));
    }
    assertFalse(Files.exists(folder.resolve("a")));
  }

  @Test
  void aDirectoryThatCannotBeIsNamedBeforehand() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    IOException refused =
        assertThrows(IOException.class, () -> DecoderDirectory.check(file.resolve("a/b")));
    assertTrue(refused.getMessage().contains(file + " is no folder"), refused.getMessage());
    assertThrows(FileAlreadyExistsException.class, () -> DecoderDirectory.check(folder));
    DecoderDirectory.check(folder.resolve("x/y"));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(1, left.count());
    }
  }
}
