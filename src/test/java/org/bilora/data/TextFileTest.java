package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {
  @TempDir Path folder;

  @Test
  void byteOrderMarkAndCarriageReturnsAreNoPartOfTheText() throws IOException {
    assertEquals(
        List.of("1:a", "2:", "3:b"), lines("\uFEFFa\r\n\r\nb".getBytes(StandardCharsets.UTF_8)));
    assertEquals(List.of("1:a", "2:b"), lines("a\nb\n".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void otherCharactersThatBreakLinesElsewhereDoNotHere() throws IOException {
    String text = "a\u2028b\u0085c\rd\u000Be";
    assertEquals(List.of("1:" + text), lines(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void invalidUtf8IsRefusedWithItsLine() {
    assertProblem(
        "line 2: invalid UTF-8; save the file as UTF-8",
        new byte[] {'a', '\n', 'b', (byte) 0xE9, '\n', 'c'});
    assertProblem("line 1: invalid UTF-8; save the file as UTF-8", new byte[] {(byte) 0xC3});
  }

  @Test
  void aNulByteIsRefusedWithItsLine() {
    assertProblem(
        "line 2: a NUL byte; the file is damaged or not UTF-8 text, get or save it anew",
        new byte[] {'a', '\n', 'b', 0, '\n'});
  }

  @Test
  void anEmptyFileAFolderAndAMissingFileAreRefused() throws IOException {
    assertProblem("the file is empty; get or write it anew", new byte[0]);
    assertEquals(
        folder + ": it is not a file",
        assertThrows(IOException.class, () -> read(folder)).getMessage());
    Path missing = folder.resolve("missing.tsv");
    assertEquals(
        missing + ": there is no such file",
        assertThrows(IOException.class, () -> read(missing)).getMessage());
  }

  @Test
  void theHashCoversNamesAndBytes() throws IOException {
    Path a = Files.writeString(folder.resolve("a.tsv"), "x\n");
    Path b = Files.writeString(folder.resolve("b.tsv"), "x\n");
    Path same = Files.createDirectory(folder.resolve("other")).resolve("a.tsv");
    Files.writeString(same, "x\n");
    assertEquals(hash(a), hash(same));
    assertNotEquals(hash(a), hash(b));
    Files.writeString(same, "x\r\n");
    assertNotEquals(hash(a), hash(same));
  }

  private static String hash(Path path) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    new TextFile(path).forEachLine(hasher, line -> {});
    return hasher.hash().toString();
  }

  private List<String> lines(byte[] bytes) throws IOException {
    return read(Files.write(folder.resolve("file.tsv"), bytes));
  }

  private static List<String> read(Path path) throws IOException {
    List<String> lines = new ArrayList<>();
    new TextFile(path)
        .forEachLine(
            Hashing.sha256().newHasher(), line -> lines.add(line.number() + ":" + line.text()));
    return lines;
  }

  private void assertProblem(String expected, byte[] bytes) {
    String message = assertThrows(IOException.class, () -> lines(bytes)).getMessage();
    String separator = expected.startsWith("line") ? ", " : ": ";
    assertEquals(folder.resolve("file.tsv") + separator + expected, message);
  }
}
