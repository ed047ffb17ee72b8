package org.bilora.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerFilesTest {
  private static final Path MODELS = Path.of("src", "test", "resources", "transformers");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  static Stream<JsonNode> variants() throws IOException {
    JsonNode all = JSON.readTree(MODELS.resolve("tokenizers.json").toFile());
    assertTrue(all.size() > 40);
    return StreamSupport.stream(all.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void idsAndSegmentsAreThoseOfTransformers(JsonNode variant) throws IOException {
    String base = variant.get("base").asText();
    copy(base, "config.json", "tokenizer.json");
    for (Map.Entry<String, JsonNode> file : variant.get("files").properties()) {
      write(file.getKey(), file.getValue());
    }
    String type = JSON.readTree(folder.resolve("config.json").toFile()).get("model_type").asText();
    try (JsonTokenizer tokenizer =
        TokenizerFiles.open(folder, type, Optional.empty()).tokenizer()) {
      JsonTokenizer.Segments segments =
          tokenizer.hasSegments()
              ? JsonTokenizer.Segments.FIRST_AND_SECOND
              : JsonTokenizer.Segments.NONE;
      for (JsonNode expected : variant.get("expected")) {
        String text = expected.get("texts").get(0).asText();
        Optional<String> pair =
            Optional.ofNullable(expected.get("texts").get(1)).map(JsonNode::asText);
        Encoding encoding = tokenizer.encode(text, pair, 16);
        String what = expected.get("texts").toString();
        assertArrayEquals(integers(expected.get("input_ids")), encoding.inputIds(), what);
        assertArrayEquals(integers(expected.get("token_type_ids")), encoding.tokenTypeIds(), what);
        try (JsonTokenizer exported =
            JsonTokenizer.of(tokenizer.definition(), segments, tokenizer.side(), "exported")) {
          assertEquals(encoding, exported.encode(text, pair, 16), "the definition is complete");
        }
      }
    }
  }

  /** The definition that exports carry, read by the library alone. */
  @Test
  void anExportedDefinitionTruncatesAsTrainedAndDoesNotPad() throws IOException {
    copy("bert", "config.json", "tokenizer.json");
    write("tokenizer_config.json", JSON.readTree("{\"truncation_side\":\"left\"}"));
    try (JsonTokenizer tokenizer =
        TokenizerFiles.open(folder, "bert", Optional.empty()).tokenizer()) {
      byte[] definition = tokenizer.definition(6);
      JsonNode root = JSON.readTree(definition);
      assertTrue(root.get("padding").isNull());
      String text = "the river runs past the old mill";
      try (NativeTokenizer alone = new NativeTokenizer(definition)) {
        Encoding ours = tokenizer.encode(text, Optional.empty(), 6);
        NativeTokenizer.Tokens theirs = alone.encode(text, Optional.empty());
        assertEquals(6, theirs.ids().length);
        assertArrayEquals(
            ours.inputIds(),
            java.util.Arrays.stream(theirs.ids()).mapToInt(i -> (int) i).toArray());
        assertEquals(3, alone.encode("mill", Optional.empty()).ids().length);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tokenizer_config.json | {\"tokenizer_class\":\"T5Tokenizer\"} | tokenizer_class is T5Tokenizer; supported: BertTokenizer",
        "tokenizer_config.json | {\"tokenizer_class\":\"RobertaTokenizer\"} | model.type is WordPiece, but the tokenizer's class (ROBERTA) has BPE",
        "tokenizer_config.json | {\"auto_map\":{\"AutoTokenizer\":[\"a\",null]}} | auto_map asks for code",
        "tokenizer_config.json | {\"do_lower_case\":\"no\"} | do_lower_case is \"no\"; it must be true or false",
        "tokenizer_config.json | {\"truncation_side\":\"middle\"} | truncation_side is middle; it must be left or right",
        "tokenizer_config.json | {\"split_special_tokens\":true} | split_special_tokens is true",
        "tokenizer_config.json | {\"cls_token\":null} | cls_token is null",
        "tokenizer_config.json | {\"cls_token\":7} | cls_token is 7, no token",
        "tokenizer_config.json | [] | is not a sound tokenizer_config.json",
        "tokenizer_config.json | {\"a\": | is not a sound tokenizer_config.json",
        "added_tokens.json | {\"[X]\":99} | the added token \"[X]\" is to have id 99, but in this vocabulary it has id 60",
        "added_tokens.json | {\"[X]\":60,\"[X]\":61} | Duplicate field '[X]'",
        "added_tokens.json | {\"[X]\":-1} | an added token has the id -1",
        "tokenizer.json | {\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}}} | token \"a\" has id -1",
        "tokenizer.json | {\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}} | it has no model.vocab",
      })
  void aContradictionIsRefusedInOneLine(String file, String content, String complaint)
      throws IOException {
    copy("bert", "tokenizer.json");
    Files.writeString(folder.resolve(file), content);
    IOException refused =
        assertThrows(
            IOException.class, () -> TokenizerFiles.open(folder, "bert", Optional.empty()));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
    assertTrue(refused.getMessage().startsWith(folder.toString()), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count());
  }

  /** Each of these ended the process when the native library read it, or its first text. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "post_processor | {\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[Q]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],\"special_tokens\":{}} | the template's token \"[Q]\" is not among its special_tokens",
        "post_processor | {\"type\":\"TemplateProcessing\",\"single\":[],\"pair\":[],\"special_tokens\":{}} | a template has the texts [] instead of [A]",
        "normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"} | precompiled_charsmap is damaged: it has 3 bytes",
        "normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"BAAAAAD8/w8=\"} | precompiled_charsmap is damaged: its trie leads outside itself",
        "normalizer | {\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a+)+$\"},\"content\":\"\"} | looks for the pattern {\"Regex\":\"(a+)+$\"}, which is not known",
        "pre_tokenizer | {\"type\":\"FixedLength\",\"length\":0} | pre_tokenizer has the type \"FixedLength\"",
        "decoder | {\"type\":\"Strip\",\"content\":\"a\",\"start\":9,\"stop\":9} | decoder has the type \"Strip\"",
      })
  void whatTheNativeLibraryWouldNotSurviveIsRefusedBefore(
      String part, String content, String complaint) throws IOException {
    JsonNode sound = JSON.readTree(MODELS.resolve("bert").resolve("tokenizer.json").toFile());
    ((com.fasterxml.jackson.databind.node.ObjectNode) sound).set(part, JSON.readTree(content));
    IOException refused =
        assertThrows(
            IOException.class,
            () ->
                JsonTokenizer.of(
                    JSON.writeValueAsBytes(sound),
                    JsonTokenizer.Segments.NONE,
                    "a/tokenizer.json"));
    assertTrue(refused.getMessage().startsWith("a/tokenizer.json is not a sound"));
    assertTrue(refused.getMessage().contains(complaint), refused.getMessage());
  }

  @Test
  void aTextThatTheTokenizerCannotEncodeIsToldWithItsFile() throws IOException {
    String definition =
        "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
            + "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
            + "\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,"
            + "\"vocab\":{\"a\":0}}}";
    byte[] bytes = definition.getBytes(StandardCharsets.UTF_8);
    try (Tokenizer tokenizer =
        JsonTokenizer.of(bytes, JsonTokenizer.Segments.NONE, "a/tokenizer.json")) {
      assertArrayEquals(new int[] {0}, tokenizer.encode("a", Optional.empty(), 5).inputIds());
      String refused =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> tokenizer.encode("b " + "b".repeat(5000), Optional.empty(), 5))
              .getMessage();
      assertTrue(refused.startsWith("a/tokenizer.json cannot encode the text \"b bb"), refused);
      assertTrue(refused.contains("Missing [UNK] token"), refused);
      assertTrue(refused.length() < 400, refused);
    }
  }

  @Test
  void halvesOfACharacterAreReadAsOneReplacementEach() throws IOException {
    copy("gpt2", "tokenizer.json");
    try (JsonTokenizer tokenizer =
        TokenizerFiles.open(folder, "gpt2", Optional.empty()).tokenizer()) {
      for (List<String> pair :
          List.of(List.of("a\ud800b", "a\ufffdb"), List.of("\udc00", "\ufffd"))) {
        assertEquals(
            tokenizer.encode(pair.get(1), Optional.empty(), 20),
            tokenizer.encode(pair.get(0), Optional.empty(), 20));
      }
    }
  }

  private void copy(String base, String... files) throws IOException {
    for (String file : files) {
      Files.copy(MODELS.resolve(base).resolve(file), folder.resolve(file));
    }
  }

  private void write(String name, JsonNode content) throws IOException {
    Path file = folder.resolve(name);
    if (content.isNull()) {
      Files.delete(file);
    } else {
      Files.writeString(file, content.isTextual() ? content.textValue() : content.toString());
    }
  }

  private static int[] integers(JsonNode array) {
    return JSON.convertValue(array, int[].class);
  }
}
