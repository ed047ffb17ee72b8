package org.bilora.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.text.JsonTokenizer.Segments;
import org.junit.jupiter.api.Test;

class JsonTokenizerTest {
  private static final List<String> VOCABULARY =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "##b", "##c", ".");

  @Test
  void aTextIsWrappedInItsSpecialTokens() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals(encoding(false, "2 5 8 9 10 3", "0 0 0 0 0 0"), encode(tokenizer, "ABC.", 8));
      assertEquals(encoding(false, "2 3", "0 0"), encode(tokenizer, "", 8));
      assertEquals(encoding(false, "2 1 3", "0 0 0"), encode(tokenizer, "x", 8));
    }
  }

  @Test
  void theSecondTextIsTheSecondSegment() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals(
          encoding(false, "2 5 6 3 7 3", "0 0 0 0 1 1"),
          tokenizer.encode("a b", Optional.of("c"), 8));
    }
  }

  @Test
  void aModelWithoutSegmentsSeesNone() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.NONE)) {
      assertEquals(
          encoding(false, "2 5 6 3 7 3", "0 0 0 0 0 0"),
          tokenizer.encode("a b", Optional.of("c"), 8));
    }
  }

  @Test
  void aLongTextIsCutAtItsEnd() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals(encoding(true, "2 5 6 3", "0 0 0 0"), encode(tokenizer, "a b c", 4));
      assertEquals(encoding(false, "2 5 6 7 3", "0 0 0 0 0"), encode(tokenizer, "a b c", 5));
    }
  }

  @Test
  void theLongerTextOfAPairLosesTokensFirst() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals(
          encoding(true, "2 5 5 3 6 6 3", "0 0 0 0 1 1 1"),
          tokenizer.encode("a a a a a", Optional.of("b b"), 7));
      assertEquals(
          encoding(true, "2 5 3 6 6 6 6 3", "0 0 0 1 1 1 1 1"),
          tokenizer.encode("a", Optional.of("b b b b b b"), 8));
    }
  }

  @Test
  void aMaximumWithoutRoomForTextIsRefused() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> tokenizer.encode("a", Optional.of("b"), 3));
      assertEquals(
          "maxLength is 3; it must be more than the 3 special tokens", refused.getMessage());
    }
  }

  @Test
  void threadsThatShareATokenizerGetWhatOneThreadGets() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      List<Encoding> alone =
          IntStream.range(0, 400).mapToObj(i -> encode(tokenizer, "a b ".repeat(i), 9)).toList();
      List<Encoding> together =
          IntStream.range(0, 400)
              .parallel()
              .mapToObj(i -> encode(tokenizer, "a b ".repeat(i), 9))
              .toList();
      assertEquals(alone, together);
    }
  }

  @Test
  void paddingAndTruncationOfTheDefinitionAreNotUsed() throws IOException {
    String definition =
        new String(WordPieceDefinition.lowerCase(VOCABULARY, "test"), StandardCharsets.UTF_8)
            .replace(
                "\"truncation\":null,\"padding\":null",
                "\"truncation\":{\"direction\":\"Right\",\"max_length\":4,"
                    + "\"strategy\":\"LongestFirst\",\"stride\":0},"
                    + "\"padding\":{\"strategy\":{\"Fixed\":16},\"direction\":\"Right\","
                    + "\"pad_to_multiple_of\":null,\"pad_id\":0,\"pad_type_id\":0,"
                    + "\"pad_token\":\"[PAD]\"}");
    assertTrue(definition.contains("Fixed"));
    byte[] bytes = definition.getBytes(StandardCharsets.UTF_8);
    try (Tokenizer tokenizer = JsonTokenizer.of(bytes, Segments.FIRST_AND_SECOND, "test")) {
      assertEquals(encoding(false, "2 5 6 7 3", "0 0 0 0 0"), encode(tokenizer, "a b c", 9));
      assertEquals(
          encoding(false, "2 5 6 3 7 3", "0 0 0 0 1 1"),
          tokenizer.encode("a b", Optional.of("c"), 8));
    }
  }

  @Test
  void everyIdIsBelowTheVocabularySize() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals(VOCABULARY.size(), tokenizer.vocabularySize());
      assertArrayEquals(WordPieceDefinition.lowerCase(VOCABULARY, "test"), tokenizer.definition());
    }
  }

  @Test
  void aFileThatIsNoTokenizerIsRefusedInOneLine() {
    for (String wrong :
        List.of(
            "", "{", "[]", "{\"model\":{}}", "{\"model\":{\"type\":\"No\",\"vocab\":{\"a\":0}}}")) {
      IOException refused =
          assertThrows(
              IOException.class,
              () ->
                  JsonTokenizer.of(
                      wrong.getBytes(StandardCharsets.UTF_8), Segments.NONE, "dir/tokenizer.json"));
      assertTrue(
          refused.getMessage().startsWith("dir/tokenizer.json is not a sound tokenizer.json: "),
          refused.getMessage());
      assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
    }
  }

  @Test
  void aVocabularyWithoutItsSpecialTokensIsRefused() {
    assertEquals(
        "vocab.txt lacks the token [PAD]",
        assertThrows(
                IOException.class,
                () -> WordPieceDefinition.lowerCase(List.of("a", "b"), "vocab.txt"))
            .getMessage());
    List<String> twice = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "a");
    assertEquals(
        "vocab.txt: line 7 repeats the token \"a\"",
        assertThrows(IOException.class, () -> WordPieceDefinition.lowerCase(twice, "vocab.txt"))
            .getMessage());
  }

  @Test
  void nothingIsTruncatedThatFits() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertFalse(encode(tokenizer, "a ".repeat(6), 8).truncated());
      assertTrue(encode(tokenizer, "a ".repeat(7), 8).truncated());
    }
  }

  @Test
  void idsBecomeTheTextThatTheyWereMadeOfWithoutSpecialTokens() throws IOException {
    try (Tokenizer tokenizer = tokenizer(Segments.FIRST_AND_SECOND)) {
      assertEquals("abc b. c", tokenizer.decode(encode(tokenizer, "ABC b. c", 12).inputIds()));
      assertEquals("", tokenizer.decode(new int[] {2, 3}));
      assertEquals("", tokenizer.decode(new int[0]));
      String refused =
          assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {11}))
              .getMessage();
      assertEquals("token id 11 has no token; ids are from 0 to 10", refused);
    }
  }

  @Test
  void bytePairsBecomeTheVerySameText() throws IOException {
    byte[] definition =
        Files.readAllBytes(Path.of("src/test/resources/transformers/gpt2/tokenizer.json"));
    try (Tokenizer tokenizer = JsonTokenizer.of(definition, Segments.NONE, "test")) {
      for (String text : List.of(" Café  £20!\n", "the old mill , isn 't .", "東京 \t 😀", "a")) {
        int[] ids = encode(tokenizer, text, 100).inputIds();
        assertEquals(text, tokenizer.decode(ids));
        int[] ended = Arrays.copyOf(ids, ids.length + 1); // id 0 ends a text
        assertEquals(text, tokenizer.decode(ended));
      }
      int[] accent = encode(tokenizer, "é", 10).inputIds();
      assertEquals(2, accent.length);
      assertEquals("\uFFFD", tokenizer.decode(Arrays.copyOf(accent, 1)));
    }
  }

  private static Tokenizer tokenizer(Segments segments) throws IOException {
    return JsonTokenizer.of(WordPieceDefinition.lowerCase(VOCABULARY, "test"), segments, "test");
  }

  private static Encoding encode(Tokenizer tokenizer, String text, int maxLength) {
    return tokenizer.encode(text, Optional.empty(), maxLength);
  }

  private static Encoding encoding(boolean truncated, String ids, String types) {
    return new Encoding(numbers(ids), numbers(types), truncated);
  }

  private static int[] numbers(String list) {
    return List.of(list.split(" ")).stream().mapToInt(Integer::parseInt).toArray();
  }
}
