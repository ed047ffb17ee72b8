package org.bilora.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Which columns of a table have the texts to answer for, by the rules of {@link TextRows} also
 * where the table is no text file.
 */
public final class TextColumns {
  private final TextFile file;
  private final ColumnNames names;

  private TextColumns(TextFile file, ColumnNames names) {
    this.file = file;
    this.names = names;
  }

  /**
   * Finds them.
   *
   * @param table for messages
   * @param names of all columns
   * @param texts how many a row must have
   * @param format which columns of a table have the texts
   * @param keep columns that must be there
   * @throws IOException when a column is missing or there twice, or there is a second text too many
   */
  public static TextColumns of(
      Path table, List<String> names, TextRows.Texts texts, CustomFormat format, List<String> keep)
      throws IOException {
    TextFile file = new TextFile(table);
    try {
      return new TextColumns(
          file, names(new TextFile.Line(file, 1, ""), names, texts, format, keep));
    } catch (InvalidRowException e) {
      throw file.problem(e.problem());
    }
  }

  /** The same for a text file whose header, or first row, is given. */
  static ColumnNames names(
      TextFile.Line header,
      List<String> names,
      TextRows.Texts texts,
      CustomFormat format,
      List<String> keep)
      throws IOException {
    ColumnNames found = ColumnNames.of(header, names, format, false);
    if (found.pair().isPresent() && texts == TextRows.Texts.ONE) {
      throw header
          .file()
          .problem(
              "it has a second text (column %s), and the task is about one"
                  .formatted(Messages.cut(found.pair().get())));
    }
    if (found.pair().isEmpty() && texts == TextRows.Texts.TWO) {
      throw header
          .file()
          .problem(
              "it has no second text (column text2), and the task is about two; say which it is with"
                  + " --pair-column");
    }
    for (String column : keep) {
      if (!names.contains(column)) {
        throw header.problem(
            "no column '%s' to keep among %s"
                .formatted(Messages.cut(column), Messages.cut(String.join(", ", names))));
      }
    }
    return found;
  }

  /** The example of a line, whose cells are empty where it has none. */
  static Example example(
      TextFile.Line line, ColumnNames names, Optional<String> text, Optional<String> pair)
      throws IOException {
    String first = line.requireReadable(text.orElse(""));
    Optional<String> second = Optional.empty();
    if (names.pair().isPresent()) {
      second = Optional.of(line.requireReadable(pair.orElse("")));
    }
    return new Example(first, second, OptionalDouble.empty());
  }

  /** The column of the (first) text. */
  public String text() {
    return names.text();
  }

  /** That of the second text, where there is one. */
  public Optional<String> pair() {
    return names.pair();
  }

  /**
   * The example of a row.
   *
   * @param row its number, for messages
   * @param text empty where the cell is
   * @throws IOException when a text cannot be read
   */
  public Example example(int row, Optional<String> text, Optional<String> pair) throws IOException {
    try {
      return example(new TextFile.Line(file, row, ""), names, text, pair);
    } catch (InvalidRowException e) {
      throw new IOException("%s, row %d: %s".formatted(file.path(), row, e.problem()), e);
    }
  }
}
