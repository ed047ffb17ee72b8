package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextDocumentsTest {
  @TempDir private Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void emptyLinesPartDocuments() throws IOException {
    Path first = file("a.txt", "\n\none\r\n two \n\n \t\nthree");
    Path second = file("b.txt", "four\n");
    TextDocuments both = TextDocuments.read(List.of(first, second));
    assertEquals(List.of("one\n two ", "three", "four"), both.documents());
    assertEquals("a.txt, b.txt", both.source());
    file("b.txt", "five\n");
    assertNotEquals(both.sha256(), TextDocuments.read(List.of(first, second)).sha256());
  }

  private void assertRefused(String message, Path file) {
    IOException refused = assertThrows(IOException.class, () -> TextDocuments.read(List.of(file)));
    assertEquals(file + message, refused.getMessage());
  }

  @Test
  void filesWithoutTextAreNamed() throws IOException {
    assertRefused(": it has no text; give a file with some", file("a.txt", "\n \n"));
    assertRefused(": there is no such file", folder.resolve("none.txt"));
    Path latin = folder.resolve("latin.txt");
    Files.write(latin, "one\nCafé\n".getBytes(StandardCharsets.ISO_8859_1));
    IOException refused = assertThrows(IOException.class, () -> TextDocuments.read(List.of(latin)));
    assertEquals(0, refused.getMessage().indexOf(latin + ", line 2: invalid UTF-8"));
  }
}
