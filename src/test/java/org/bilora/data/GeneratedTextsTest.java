package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratedTextsTest {
  private static final List<GenerationExample> EXAMPLES =
      List.of(
          new GenerationExample("name : A", ImmutableList.of("a")),
          new GenerationExample("name : B", ImmutableList.of("b", "b b")));

  @TempDir private Path folder;

  private void assertRefused(String message, String content) throws IOException {
    Path file = Files.writeString(folder.resolve("outputs.txt"), content);
    IOException refused =
        assertThrows(IOException.class, () -> GeneratedTexts.read(file, EXAMPLES));
    assertTrue(refused.getMessage().startsWith(file + message), refused.getMessage());
  }

  @Test
  void aLineIsAText() throws IOException {
    Path file = Files.writeString(folder.resolve("outputs.txt"), " Café \r\n\n");
    assertEquals(List.of("Café", ""), GeneratedTexts.read(file, EXAMPLES));
  }

  @Test
  void tooFewAndTooManyLinesAreNamed() throws IOException {
    assertRefused(", line 2: no output for 'name : B': 1 lines and references for 2", "a\n");
    assertRefused(", line 3: no reference: there are references for 2 outputs", "a\nb\nc\n");
    assertRefused(": the file is empty", "");
  }

  @Test
  void mixedEncodingsAreRefusedUnlessTheReferencesHaveThem() throws IOException {
    assertRefused(", line 2: mixed encodings: 'Ã©'", "Café\nCafÃ©\n");
    Path file = Files.writeString(folder.resolve("outputs.txt"), "CafÃ©\n");
    List<GenerationExample> learnt =
        List.of(new GenerationExample("name : A", ImmutableList.of("a CafÃ©")));
    assertEquals(List.of("CafÃ©"), GeneratedTexts.read(file, learnt));
  }
}
