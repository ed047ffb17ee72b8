package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Plain texts to train a language model on.
 *
 * @param documents texts that have nothing to do with each other, none empty
 * @param source names of the files they came from
 * @param sha256 of the files' names and bytes, hexadecimal, for the run record
 */
public record TextDocuments(ImmutableList<String> documents, String source, String sha256) {

  /**
   * Reads text files, UTF-8. Empty lines part the documents of a file; line ends within a document
   * are kept, as {@code \n}.
   *
   * @throws IOException when a file is missing, has no text or is not UTF-8 throughout: which file
   *     and line, what to do
   */
  public static TextDocuments read(List<Path> files) throws IOException {
    Hasher hasher = Hashing.sha256().newHasher();
    ImmutableList.Builder<String> documents = ImmutableList.builder();
    List<String> sources = new ArrayList<>();
    for (Path path : files) {
      TextFile file = new TextFile(path);
      Paragraphs paragraphs = new Paragraphs();
      file.forEachLine(hasher, line -> paragraphs.read(line.text()));
      paragraphs.end();
      if (paragraphs.complete.isEmpty()) {
        throw file.problem("it has no text; give a file with some");
      }
      documents.addAll(paragraphs.complete);
      sources.add(file.name());
    }
    return new TextDocuments(
        documents.build(), String.join(", ", sources), hasher.hash().toString());
  }

  private static final class Paragraphs {
    private final List<String> complete = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    void read(String line) {
      if (line.isBlank()) {
        end();
      } else {
        lines.add(line);
      }
    }

    void end() {
      if (!lines.isEmpty()) {
        complete.add(String.join("\n", lines));
        lines.clear();
      }
    }
  }
}
