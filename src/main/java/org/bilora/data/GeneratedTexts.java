package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A system's outputs: one text per line, in the order of the examples. */
public final class GeneratedTexts {
  private GeneratedTexts() {}

  /**
   * Reads a file, an empty line being an empty text. Characters of mixed encodings are refused
   * unless the references have such characters too, from which a model may have learnt them.
   *
   * @param examples what the texts were generated for
   * @throws IOException when the file is missing, empty or not UTF-8 throughout, or has not one
   *     line per example: which line
   */
  public static List<String> read(Path path, List<GenerationExample> examples) throws IOException {
    TextFile file = new TextFile(path);
    boolean mixed =
        examples.stream().anyMatch(each -> each.references().stream().anyMatch(Mojibake::in));
    ImmutableList.Builder<String> texts = ImmutableList.builder();
    file.forEachLine(
        Hashing.sha256().newHasher(),
        line -> {
          if (line.number() > examples.size()) {
            throw line.problem(
                "no reference: there are references for %,d outputs; delete what is too much"
                    .formatted(examples.size()));
          }
          if (!mixed) {
            Mojibake.refuse(line.text(), line);
          }
          texts.add(line.text().strip());
        });
    List<String> read = texts.build();
    if (read.size() < examples.size()) {
      throw new TextFile.Line(file, read.size() + 1, "")
          .problem(
              "no output for '%s': %,d lines and references for %,d; generate what is missing"
                  .formatted(examples.get(read.size()).context(), read.size(), examples.size()));
    }
    return read;
  }
}
