package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Prompt;
import org.bilora.generate.TextGenerator;
import org.bilora.text.Encoding;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models from public reports of errors, where they lie beside the project. */
@EnabledIf("areThere")
class SharedCasesTest {
  private static final Path CASES = Path.of("..", "shared", "cases");
  private static final Path FAULTS = Path.of("..", "shared", "cases-faults");
  private static final ObjectMapper JSON = new ObjectMapper();

  static boolean areThere() {
    return Files.isDirectory(CASES) && Files.isDirectory(FAULTS);
  }

  private static Stream<Path> cases(String word) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> folders = Files.list(CASES)) {
      for (Path folder : folders.sorted().toList()) {
        if (Files.isRegularFile(folder.resolve("expected.txt"))
            && Files.readString(folder.resolve("expected.txt")).contains(word)) {
          found.add(folder);
        }
      }
    }
    return found.stream();
  }

  static Stream<Path> encoders() throws IOException {
    return cases("\"cls_first4\"");
  }

  static Stream<Path> decoders() throws IOException {
    return cases("prompt ids").filter(folder -> !folder.endsWith("gpt2-ngram1-prompt"));
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void idsAndStatesAreThoseOfTransformers(Path folder) throws IOException {
    try (PretrainedEncoder model = PretrainedEncoders.load(folder.resolve("model").toString());
        EncoderFeatures features = new EncoderFeatures(model)) {
      for (String line : Files.readAllLines(folder.resolve("expected.txt"))) {
        if (!line.startsWith("{\"text\"")) {
          continue;
        }
        JsonNode expected = JSON.readTree(line);
        String[] texts = expected.get("text").asText().split("\t", 2);
        Encoding encoding =
            model
                .tokenizer()
                .encode(
                    texts[0],
                    texts.length < 2 ? Optional.empty() : Optional.of(texts[1]),
                    model.maxTokens());
        assertArrayEquals(
            JSON.convertValue(expected.get("input_ids"), int[].class), encoding.inputIds(), line);
        if (folder.endsWith("ckpt-roberta-mlm-shared")) {
          continue; // the states there are of an embedding that was drawn, not of the stored one
        }
        float[] first = features.lastHiddenStates(List.of(encoding))[0][0];
        assertArrayEquals(
            JSON.convertValue(expected.get("cls_first4"), float[].class),
            Arrays.copyOf(first, 4),
            2e-5f,
            line);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void generatedTokensAreThoseOfTransformers(Path folder) throws IOException {
    String expected = Files.readString(folder.resolve("expected.txt"));
    try (PretrainedDecoder model = PretrainedDecoders.load("case", folder.resolve("model"))) {
      int[] prompt = Prompt.ofBeginning(model, "the cat sat", 10).tokens();
      assertArrayEquals(list(expected, "prompt ids ["), prompt);
      DecodingSettings settings =
          new DecodingSettings(new DecodingMethod.Greedy(), 0, 0, 10, 1, true);
      try (TextGenerator generator = new TextGenerator(model, settings)) {
        int[] tokens = generator.generate(List.of(prompt), (done, all) -> {}).get(0).tokens();
        int[] theirs = list(expected, "tokens [");
        boolean ended = model.generation().ends().contains(theirs[theirs.length - 1]);
        assertArrayEquals(ended ? Arrays.copyOf(theirs, theirs.length - 1) : theirs, tokens);
      }
    }
  }

  /** The numbers between that word and the next bracket. */
  private static int[] list(String text, String before) {
    int from = text.indexOf(before) + before.length();
    return Arrays.stream(text.substring(from, text.indexOf(']', from)).split(", "))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cfg-bert-num_hidden_layers-huge",
        "cfg-bert-num_hidden_layers-mid",
        "cfg-gpt2-n_embd-huge",
        "cfg-gpt2-n_layer-huge",
        "st-bom",
        "st-index-nul",
        "tok-bert-emptyvocab",
        "tok-bert-id-big",
        "tok-bert-pp-typeid",
        "tok-bert-pp",
        "tok-bert-pp2",
        "tok-bert-precompiled",
        "tok-gpt2-pp2",
        "tok-gpt2-precompiled",
        "tok-gpt2-precompiled2",
      })
  void aDamagedModelIsReadAsTransformersReadsItOrToldInOneLine(String name) {
    Path model = FAULTS.resolve(name).resolve("m");
    try (PretrainedModel read = PretrainedModels.load(model.toString())) {
      read.tokenizer().encode("She goes home. name[The", Optional.of("unusual"), 20);
    } catch (IOException | IllegalArgumentException e) {
      String refused = e.getMessage();
      assertEquals(1, refused.lines().count(), refused);
      assertTrue(refused.length() < 600 && refused.contains(name), refused);
    }
  }
}
