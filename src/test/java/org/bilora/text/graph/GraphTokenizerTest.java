package org.bilora.text.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.bilora.text.BytePairTraining;
import org.bilora.text.Encoding;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.JsonTokenizer.Segments;
import org.bilora.text.Tokenizer;
import org.junit.jupiter.api.Test;

/** The graph's ids against those of Hugging Face's tokenizer. */
class GraphTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONG = 100_000;
  private static final byte[] GPT2 = learnt();

  @Test
  void wordPiecesOfHardTextsAreHuggingFaces() throws Exception {
    List<String> texts = new ArrayList<>(HardTexts.chosen());
    texts.addAll(HardTexts.random(1500, 1));
    assertSame(wordPiece(), Segments.FIRST_AND_SECOND, texts, LONG);
  }

  @Test
  void casedAccentedAndUncleanedWordPiecesToo() throws Exception {
    List<String> texts = new ArrayList<>(HardTexts.chosen());
    texts.addAll(HardTexts.random(500, 2));
    String[][] settings = {
      {"lowercase", "false"},
      {"strip_accents", "false"},
      {"handle_chinese_chars", "false"},
      {"clean_text", "false"}
    };
    for (String[] setting : settings) {
      byte[] changed =
          changed(
              smallWordPiece(),
              root ->
                  ((ObjectNode) root.get("normalizer"))
                      .put(setting[0], Boolean.parseBoolean(setting[1])));
      assertSame(changed, Segments.FIRST_AND_SECOND, texts, LONG);
    }
    byte[] none = changed(smallWordPiece(), root -> root.putNull("normalizer"));
    assertSame(none, Segments.FIRST_AND_SECOND, texts, LONG);
  }

  @Test
  void bytePairsOfHardTextsAreHuggingFaces() throws Exception {
    List<String> texts = new ArrayList<>(HardTexts.chosen());
    texts.addAll(HardTexts.random(1500, 3));
    assertSame(gpt2(), Segments.NONE, texts, LONG);
  }

  @Test
  void robertasTokenizersToo() throws Exception {
    List<String> texts = new ArrayList<>(HardTexts.chosen());
    texts.addAll(HardTexts.random(500, 4));
    assertSame(roberta(false), Segments.NONE, texts, LONG);
    assertSame(roberta(true), Segments.NONE, texts, LONG);
  }

  @Test
  void mergesThatNoTrainingWouldGiveAreDoneInHuggingFacesOrder() throws Exception {
    // Pairs in random order: tokens are used before the merge that makes them.
    byte[] shuffled =
        changed(
            gpt2(),
            root -> {
              ArrayNode merges = (ArrayNode) root.get("model").get("merges");
              List<JsonNode> all = new ArrayList<>();
              merges.forEach(all::add);
              Collections.shuffle(all, new Random(5));
              merges.removeAll();
              all.forEach(merges::add);
            });
    List<String> texts = new ArrayList<>(HardTexts.random(500, 6));
    texts.add("abcdefghij".repeat(300));
    assertSame(shuffled, Segments.NONE, texts, LONG);
  }

  @Test
  void longTextsAndPairsAreCutAsInTraining() throws Exception {
    for (byte[] definition : List.of(smallWordPiece(), roberta(false))) {
      for (int maxTokens : new int[] {5, 10, 11}) {
        List<String> firsts = new ArrayList<>();
        List<String> seconds = new ArrayList<>();
        for (int first = 0; first < 12; first++) {
          for (int second = 0; second < 12; second++) {
            firsts.add("a ".repeat(first));
            seconds.add("b ".repeat(second));
          }
        }
        assertSamePairs(definition, firsts, seconds, maxTokens);
        assertSame(definition, Segments.FIRST_AND_SECOND, firsts, maxTokens);
      }
    }
  }

  @Test
  void hardPairsAreHuggingFaces() throws Exception {
    assertSamePairs(wordPiece(), HardTexts.random(200, 7), HardTexts.random(200, 8), 24);
    assertSamePairs(roberta(true), HardTexts.random(200, 9), HardTexts.random(200, 10), 24);
    assertSamePairs(gpt2(), HardTexts.random(200, 11), HardTexts.random(200, 12), 24);
  }

  @Test
  void eachIllFormedSequenceOfBytesReadsAsOneReplacementCharacter() throws Exception {
    // Bytes, and what the Unicode Standard's practice (section 3.9) makes of them.
    Map<String, String> readings =
        Map.ofEntries(
            Map.entry("61ff62", "a\uFFFDb"),
            Map.entry("c3", "\uFFFD"),
            Map.entry("c328", "\uFFFD("),
            Map.entry("e4b8", "\uFFFD"),
            Map.entry("e4b861", "\uFFFDa"),
            Map.entry("f09f99", "\uFFFD"),
            Map.entry("f09f9920f09f9982", "\uFFFD \uD83D\uDE42"),
            Map.entry("8080", "\uFFFD\uFFFD"),
            Map.entry("c080", "\uFFFD\uFFFD"),
            Map.entry("eda080", "\uFFFD\uFFFD\uFFFD"),
            Map.entry("f4908080", "\uFFFD\uFFFD\uFFFD\uFFFD"),
            Map.entry("e080af", "\uFFFD\uFFFD\uFFFD"),
            Map.entry("f8888080", "\uFFFD\uFFFD\uFFFD\uFFFD"));
    List<String> bytes = List.copyOf(readings.keySet());
    for (byte[] definition : List.of(smallWordPiece(), gpt2())) {
      try (TokenizerGraph graph = new TokenizerGraph(definition, Segments.NONE, false, LONG);
          Tokenizer tokenizer = JsonTokenizer.of(definition, Segments.NONE, "test")) {
        List<Encoding> encodings =
            graph.encodeBytes(bytes.stream().map(HexFormat.of()::parseHex).toList(), List.of());
        for (int i = 0; i < bytes.size(); i++) {
          String read = readings.get(bytes.get(i));
          compare(tokenizer.encode(read, Optional.empty(), LONG), encodings.get(i), bytes.get(i));
        }
      }
    }
  }

  @Test
  void noTextsAtAllGiveNoRows() throws Exception {
    assertEquals(0, TokenizerGraph.shapeOfNone(smallWordPiece(), 9)[0]);
  }

  @Test
  void stepsThatAreNotUnderstoodAreRefusedByName() throws IOException {
    refused(
        "normalizer Sequence; BertNormalizer is known",
        smallWordPiece(),
        root -> root.putObject("normalizer").put("type", "Sequence"));
    refused(
        "normalizer NFC before BPE; none is known",
        gpt2(),
        root -> root.putObject("normalizer").put("type", "NFC"));
    refused(
        "pre-tokenizer Whitespace before WordPiece; BertPreTokenizer is known",
        smallWordPiece(),
        root -> root.putObject("pre_tokenizer").put("type", "Whitespace"));
    refused(
        "pre-tokenizer Split before BPE; ByteLevel is known",
        gpt2(),
        root -> root.putObject("pre_tokenizer").put("type", "Split"));
    refused(
        "pre-tokenizer ByteLevel with use_regex false",
        gpt2(),
        root -> ((ObjectNode) root.get("pre_tokenizer")).put("use_regex", false));
    refused(
        "model Unigram; WordPiece and BPE are known",
        gpt2(),
        root -> ((ObjectNode) root.get("model")).put("type", "Unigram"));
    refused(
        "BPE with dropout 0.1",
        gpt2(),
        root -> ((ObjectNode) root.get("model")).put("dropout", 0.1));
    refused(
        "BPE with end_of_word_suffix \"</w>\"",
        gpt2(),
        root -> ((ObjectNode) root.get("model")).put("end_of_word_suffix", "</w>"));
    refused(
        "BPE with ignore_merges",
        gpt2(),
        root -> ((ObjectNode) root.get("model")).put("ignore_merges", true));
    refused(
        "the vocabulary lacks a token for byte 97",
        gpt2(),
        root -> ((ObjectNode) root.get("model").get("vocab")).remove("a"));
    refused(
        "post-processor Mystery",
        gpt2(),
        root -> root.putObject("post_processor").put("type", "Mystery"));
    refused(
        "added token \"x\" is found as a whole word only (single_word)",
        gpt2(),
        root -> added(root, "x").put("single_word", true));
    refused(
        "added token \"x\" is looked for in the normalized text (normalized)",
        smallWordPiece(),
        root -> added(root, "x").put("normalized", true));
    refused(
        "added tokens \"oxo\" and \"oxo\" can overlap in a text",
        smallWordPiece(),
        root -> added(root, "oxo"));
    refused(
        "added token \"the\" has id 29000, and 1996 in the vocabulary",
        smallWordPiece(),
        root -> added(root, "the"));
  }

  private static void refused(String message, byte[] definition, Consumer<ObjectNode> change)
      throws IOException {
    byte[] changed = changed(definition, change);
    assertEquals(
        message,
        assertThrows(
                UnsupportedTokenizerException.class,
                () -> GraphTokenizer.of(changed, Segments.NONE))
            .getMessage());
  }

  private static ObjectNode added(ObjectNode root, String content) {
    return ((ArrayNode) root.get("added_tokens"))
        .addObject()
        .put("id", 29000)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static void assertSame(
      byte[] definition, Segments segments, List<String> texts, int maxTokens) throws Exception {
    try (TokenizerGraph graph = new TokenizerGraph(definition, segments, false, maxTokens);
        Tokenizer tokenizer = JsonTokenizer.of(definition, segments, "test")) {
      List<Encoding> encodings = graph.encode(texts);
      int tokens = 0;
      for (int i = 0; i < texts.size(); i++) {
        Encoding expected = tokenizer.encode(texts.get(i), Optional.empty(), maxTokens);
        tokens += expected.length();
        compare(expected, encodings.get(i), texts.get(i));
      }
      assertTrue(tokens > 3 * texts.size(), "hardly any tokens were compared");
    }
  }

  private static void assertSamePairs(
      byte[] definition, List<String> firsts, List<String> seconds, int maxTokens)
      throws Exception {
    Segments segments = Segments.FIRST_AND_SECOND;
    try (TokenizerGraph graph = new TokenizerGraph(definition, segments, true, maxTokens);
        Tokenizer tokenizer = JsonTokenizer.of(definition, segments, "test")) {
      List<Encoding> encodings = graph.encode(firsts, seconds);
      for (int i = 0; i < firsts.size(); i++) {
        compare(
            tokenizer.encode(firsts.get(i), Optional.of(seconds.get(i)), maxTokens),
            encodings.get(i),
            firsts.get(i) + " | " + seconds.get(i));
      }
    }
  }

  private static void compare(Encoding expected, Encoding actual, String text) {
    Encoding uncut = new Encoding(expected.inputIds(), expected.tokenTypeIds(), false);
    if (!uncut.equals(actual)) {
      StringBuilder shown = new StringBuilder();
      text.codePoints().limit(60).forEach(code -> shown.append("%X ".formatted(code)));
      assertEquals(
          java.util.Arrays.toString(expected.inputIds()),
          java.util.Arrays.toString(actual.inputIds()),
          shown.toString());
      assertEquals(
          java.util.Arrays.toString(expected.tokenTypeIds()),
          java.util.Arrays.toString(actual.tokenTypeIds()),
          shown.toString());
    }
  }

  /** A real vocabulary of 30,522 pieces. */
  private static byte[] wordPiece() throws IOException {
    try (InputStream in =
        GraphTokenizerTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
      return in.readAllBytes();
    }
  }

  /** Its first 4,000 pieces, every single character among them. */
  private static byte[] smallWordPiece() throws IOException {
    return changed(
        wordPiece(),
        root ->
            ((ObjectNode) root.get("model").get("vocab"))
                .properties()
                .removeIf(entry -> entry.getValue().intValue() >= 4_000));
  }

  /** Byte pairs learnt from the hard texts. */
  private static byte[] gpt2() {
    return GPT2.clone();
  }

  private static byte[] learnt() {
    BytePairTraining training = new BytePairTraining();
    HardTexts.chosen().forEach(training::add);
    HardTexts.random(1000, 14).forEach(training::add);
    training.add(" the cat can't sit on the mat, they're all here: I'll go. ".repeat(4));
    return training.train(1500).definition();
  }

  private static byte[] roberta(boolean prefixSpace) throws IOException {
    return changed(
        gpt2(),
        root -> {
          ArrayNode added = (ArrayNode) root.get("added_tokens");
          ObjectNode vocabulary = (ObjectNode) root.get("model").get("vocab");
          for (String token : List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "<both>")) {
            int id = vocabulary.size();
            vocabulary.put(token, id);
            added
                .addObject()
                .put("id", id)
                .put("content", token)
                .put("single_word", false)
                .put("lstrip", token.equals("<mask>") || token.equals("<both>"))
                .put("rstrip", token.equals("<both>"))
                .put("normalized", true)
                .put("special", true);
          }
          ((ObjectNode) root.get("pre_tokenizer")).put("add_prefix_space", prefixSpace);
          ObjectNode processor =
              root.putObject("post_processor")
                  .put("type", "RobertaProcessing")
                  .put("trim_offsets", true)
                  .put("add_prefix_space", prefixSpace);
          processor.putArray("sep").add("</s>").add(vocabulary.get("</s>").intValue());
          processor.putArray("cls").add("<s>").add(vocabulary.get("<s>").intValue());
        });
  }

  private static byte[] changed(byte[] definition, Consumer<ObjectNode> change) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(definition);
    change.accept(root);
    return JSON.writeValueAsBytes(root);
  }
}
