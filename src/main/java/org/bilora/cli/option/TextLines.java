package org.bilora.cli.option;

import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Example;

/** Reads texts without labels: a line is a text, or two texts with a tab between; no header. */
public final class TextLines {
  private TextLines() {}

  /** How many texts a line may have. */
  public enum Texts {
    /** One. */
    ONE,
    /** Two. */
    TWO,
    /** Either. */
    ONE_OR_TWO
  }

  /**
   * Reads a file, UTF-8.
   *
   * @return one example per line, an empty line being an empty text
   * @throws IOException when the file cannot be read, is empty or not UTF-8, or a line has the
   *     wrong number of tabs
   */
  public static ImmutableList<Example> read(Path file, Texts texts) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a folder; give a file with one text per line");
    }
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    int number = 0;
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        number++;
        examples.add(example(file, number, number == 1 ? withoutByteOrderMark(line) : line, texts));
      }
    } catch (CharacterCodingException invalid) {
      throw new IOException(
          "%s is not valid UTF-8 after line %d; convert it to UTF-8".formatted(file, number),
          invalid);
    }
    if (number == 0) {
      throw new IOException(file + " is empty; it needs one text per line");
    }
    return examples.build();
  }

  private static Example example(Path file, int number, String line, Texts texts)
      throws IOException {
    String[] columns = line.split("\t", -1);
    boolean fits =
        switch (texts) {
          case ONE -> columns.length == 1;
          case TWO -> columns.length == 2;
          case ONE_OR_TWO -> columns.length <= 2;
        };
    if (!fits) {
      throw new IOException(
          "%s, line %d has %d tab%s; a line is %s"
              .formatted(
                  file,
                  number,
                  columns.length - 1,
                  columns.length == 2 ? "" : "s",
                  switch (texts) {
                    case ONE -> "one text without a tab for this task";
                    case TWO -> "two texts with one tab between for this task";
                    case ONE_OR_TWO -> "a text, or two texts with one tab between";
                  }));
    }
    return new Example(
        columns[0],
        columns.length == 2 ? Optional.of(columns[1]) : Optional.empty(),
        OptionalDouble.empty());
  }

  private static String withoutByteOrderMark(String line) {
    return line.startsWith("\ufeff") ? line.substring(1) : line;
  }
}
