package org.bilora.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BytePairDefinitionTest {
  private static final String VOCABULARY =
      "{\"a\": 0, \"b\": 1, \"Ġ\": 2, \"ab\": 3, \"Ġab\": 4, \"<|endoftext|>\": 5}";
  private static final String MERGES = "#version: 0.2\na b\nĠ ab\n";

  @TempDir private Path folder;

  private byte[] definition(String vocabulary, String merges) throws IOException {
    return BytePairDefinition.of(
        Files.writeString(folder.resolve("vocab.json"), vocabulary),
        Files.writeString(folder.resolve("merges.txt"), merges));
  }

  private void assertRefused(String message, String vocabulary, String merges) {
    IOException refused = assertThrows(IOException.class, () -> definition(vocabulary, merges));
    assertTrue(refused.getMessage().startsWith(folder + "/" + message), refused.getMessage());
  }

  @Test
  void pairsMergeInTheirOrderAndTheEndOfTextIsOneToken() throws IOException {
    try (Tokenizer tokenizer =
        JsonTokenizer.of(
            definition(VOCABULARY, MERGES), JsonTokenizer.Segments.NONE, "vocab.json")) {
      assertEquals(6, tokenizer.vocabularySize());
      assertArrayEquals(
          new int[] {3, 4, 1, 5, 0},
          tokenizer.encode("ab abb<|endoftext|>a", Optional.empty(), 20).inputIds());
    }
  }

  @Test
  void filesThatDoNotFitAreNamedByLine() {
    assertRefused("vocab.json, line 1: not JSON", "{\"a\": ", MERGES);
    assertRefused("vocab.json is not an object", "[1]", MERGES);
    assertRefused(
        "vocab.json: token \"b\" has id 0", "{\"a\": 0, \"b\": 0, \"<|endoftext|>\": 1}", MERGES);
    assertRefused("vocab.json has no token <|endoftext|>", "{\"a\": 0}", MERGES);
    assertRefused("merges.txt, line 2: 'ab' is no pair", VOCABULARY, "a b\nab\n");
    assertRefused("merges.txt, line 1: token 'c' is not in", VOCABULARY, "a c\n");
    assertRefused("merges.txt, line 1: token 'ba' is not in", VOCABULARY, "b a\n");
  }
}
