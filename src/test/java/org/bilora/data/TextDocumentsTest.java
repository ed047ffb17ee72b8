package org.bilora.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.bilora.text.Tokenizer;
import org.bilora.text.WordTokenizer;
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

  @Test
  void blocksFollowEachOtherAndEveryTwentiethIsForEvaluation() {
    // Words are tokens, 2 opens a text, 3 ends it, and 1 is the end between texts.
    Tokenizer words = new WordTokenizer(1000, 1);
    List<String> texts = new ArrayList<>();
    List<Integer> stream = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      texts.add("text number %d".formatted(i));
      for (int id : words.encode(texts.get(i), Optional.empty(), 100).inputIds()) {
        stream.add(id);
      }
      stream.add(1);
    }
    TextDocuments documents = new TextDocuments(ImmutableList.copyOf(texts), "source", "hash");
    LanguageModelDataset dataset = documents.blocks("text", words, 1, 14); // 600 / 14 = 42 blocks
    List<List<Integer>> train = ids(dataset.split(Dataset.TRAIN));
    List<List<Integer>> dev = ids(dataset.split(Dataset.DEV));
    assertEquals(List.of(40, 2), List.of(train.size(), dev.size()));
    assertEquals(stream.subList(0, 14), train.get(0));
    assertEquals(stream.subList(19 * 14, 20 * 14), dev.get(0));
    assertEquals(stream.subList(20 * 14, 21 * 14), train.get(19));
    assertEquals(stream.subList(39 * 14, 40 * 14), dev.get(1));
    assertEquals(stream.subList(41 * 14, 42 * 14), train.get(39));
    assertEquals("hash", dataset.sha256());

    LanguageModelDataset two = documents.blocks("text", words, 1, 300);
    assertEquals(stream.subList(300, 600), ids(two.split(Dataset.DEV)).get(0));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> documents.blocks("text", words, 1, 301));
    assertEquals(
        0, refused.getMessage().indexOf("the text has 600 tokens, less than two blocks of 301"));
  }

  private static List<List<Integer>> ids(List<Encoding> blocks) {
    return blocks.stream().map(block -> Arrays.stream(block.inputIds()).boxed().toList()).toList();
  }

  @Test
  void ofAGenerationTaskTheTrainingTextsAreTaken() {
    GenerationExample example = new GenerationExample("name : A", ImmutableList.of("A.", "An A."));
    GenerationDataset dataset =
        new GenerationDataset(
            GenerationTask.E2E,
            ImmutableMap.of(
                Dataset.TRAIN,
                ImmutableList.of(example),
                Dataset.DEV,
                ImmutableList.of(new GenerationExample("name : B", ImmutableList.of("B.")))),
            "files",
            "hash");
    assertEquals(List.of(" A.", " An A."), TextDocuments.of(dataset).documents());
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
