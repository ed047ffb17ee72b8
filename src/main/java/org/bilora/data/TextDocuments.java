package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Ints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.text.Tokenizer;

/**
 * Plain texts to train a language model on.
 *
 * @param documents texts that have nothing to do with each other, none empty
 * @param source names of the files they came from
 * @param sha256 of the files' names and bytes, hexadecimal, for the run record
 */
public record TextDocuments(List<String> documents, String source, String sha256) {
  /** Keeps copies of the collections. */
  public TextDocuments {
    documents = ImmutableList.copyOf(documents);
  }

  private static final int DEV_EVERY = 20;
  private static final int ANY_LENGTH = Integer.MAX_VALUE;

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

  /**
   * The texts that people wrote for a generation task's training split, each with a blank before
   * it, as it will follow a meaning representation.
   */
  public static TextDocuments of(GenerationDataset dataset) {
    return new TextDocuments(
        dataset.pairs(Dataset.TRAIN).stream()
            .map(pair -> " " + pair.completion())
            .collect(ImmutableList.toImmutableList()),
        dataset.source(),
        dataset.sha256());
  }

  /**
   * Token ids of all documents, one after the other, each with the end of a text behind it, cut
   * into blocks. Of twenty blocks the last is for the dev split, and of fewer the last, too; what
   * fills no block is left out.
   *
   * @param name of the task in the run record
   * @param endOfText id that ends a text
   * @param length tokens per block
   * @throws IllegalArgumentException when there are not two blocks
   */
  public LanguageModelDataset blocks(String name, Tokenizer tokenizer, int endOfText, int length) {
    List<int[]> texts =
        documents.parallelStream()
            .map(text -> tokenizer.encode(text, Optional.empty(), ANY_LENGTH).inputIds())
            .toList();
    int[] end = {endOfText};
    int[] all =
        Ints.concat(texts.stream().flatMap(text -> Stream.of(text, end)).toArray(int[][]::new));
    int blocks = all.length / length;
    if (blocks < 2) {
      throw new IllegalArgumentException(
          "the text has %,d tokens, less than two blocks of %d, one of which is to be evaluated on;"
                  .formatted(all.length, length)
              + " give more text or fewer positions");
    }
    List<int[]> train = new ArrayList<>();
    List<int[]> dev = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      boolean last =
          block % DEV_EVERY == DEV_EVERY - 1 || blocks < DEV_EVERY && block == blocks - 1;
      (last ? dev : train).add(Arrays.copyOfRange(all, block * length, (block + 1) * length));
    }
    return LanguageModelDataset.blocks(
        name,
        ImmutableMap.of(
            Dataset.TRAIN,
            Ints.concat(train.toArray(int[][]::new)),
            Dataset.DEV,
            Ints.concat(dev.toArray(int[][]::new))),
        length,
        source,
        sha256);
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
