package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Texts to answer for, read some at a time so that any number of them fits: lines of texts, or the
 * tables that a task's training data may be in, of which the label is not read.
 */
public final class TextRows implements AutoCloseable {

  /** How texts are written. */
  public enum Format {
    /** A text per line, or two with a tab between; no header. */
    LINES,
    /** Cells between tabs below a header. */
    TSV,
    /** Cells between commas below a header, quoted as spreadsheets do. */
    CSV,
    /** An object per line. */
    JSONL;

    /** What a file's name says; lines where it says nothing. */
    public static Format of(Path file) {
      return TableRows.extension(file)
          .map(extension -> valueOf(extension.toUpperCase(Locale.ROOT)))
          .orElse(LINES);
    }

    /**
     * How answers to texts of this format are written: as their file's name says, else as the texts
     * are. Answers to lines have no header either, so that a name in .tsv says no more than none.
     */
    public Format ofAnswers(Path file) {
      Format named = of(file);
      boolean headless = this == LINES && named == TSV;
      return named == LINES || headless ? this : named;
    }
  }

  /** How many texts a row has. */
  public enum Texts {
    /** One. */
    ONE,
    /** Two. */
    TWO,
    /** Either. */
    ONE_OR_TWO
  }

  /**
   * A value that goes with a text.
   *
   * @param text as it was written; empty where an object lacks it
   * @param json the same as JSON, where it came from JSON
   */
  public record Kept(Optional<String> text, Optional<String> json) {}

  /**
   * A text to answer for.
   *
   * @param line where it begins, counted from 1
   * @param kept values of the columns to keep, in their order
   */
  public record Row(int line, Example example, List<Kept> kept) {
    /** Keeps copies of the collections. */
    public Row {
      kept = ImmutableList.copyOf(kept);
    }
  }

  private final TextFile file;
  private final Lines lines;
  private final Texts texts;
  private final CustomFormat format;
  private final List<String> keep;
  private final Optional<TableRows> table;
  private ColumnNames columns;
  private long leftOut;
  private boolean anything;

  private TextRows(
      TextFile file,
      Lines lines,
      Texts texts,
      CustomFormat format,
      List<String> keep,
      Optional<TableRows> table) {
    this.file = file;
    this.lines = lines;
    this.texts = texts;
    this.format = format;
    this.keep = keep;
    this.table = table;
  }

  /**
   * Opens texts.
   *
   * @param name of their file, for messages
   * @param bytes closed with the rows
   * @param columns which columns of a table have the texts, and whether rows that cannot be used
   *     are left out
   * @param keep columns of a table to keep beside the texts
   * @throws IllegalArgumentException when columns of lines are to be kept
   * @throws IOException when nothing can be read
   */
  public static TextRows open(
      Path name,
      InputStream bytes,
      Format format,
      Texts texts,
      CustomFormat columns,
      List<String> keep)
      throws IOException {
    TextFile file = new TextFile(name);
    if (format == Format.LINES && !keep.isEmpty()) {
      throw new IllegalArgumentException(
          "lines of texts have no columns to keep; read TSV, CSV or JSONL, which have names");
    }
    Lines lines = new Lines(file, bytes);
    return new TextRows(
        file,
        lines,
        texts,
        columns,
        ImmutableList.copyOf(keep),
        format == Format.LINES
            ? Optional.empty()
            : Optional.of(TableRows.of(format.name().toLowerCase(Locale.ROOT), file, lines)));
  }

  /**
   * The next rows.
   *
   * @param most how many at most
   * @return none behind the last one
   * @throws IOException when a row cannot be read, or cannot be used and is not to be left out
   */
  public List<Row> next(int most) throws IOException {
    List<Row> rows = new ArrayList<>(most);
    while (rows.size() < most) {
      try {
        Optional<Row> row = table.isPresent() ? fromTable(table.get()) : fromLine();
        if (row.isEmpty()) {
          break;
        }
        anything = true;
        rows.add(row.get());
      } catch (InvalidRowException e) {
        anything = true;
        if (!format.skipInvalid() || (table.isPresent() && columns == null)) {
          throw e;
        }
        leftOut++;
      }
    }
    if (!anything) {
      throw file.problem(
          table.isPresent()
              ? "there is no row in it; it needs one per text, below a header where it is no JSONL"
              : "it is empty; it needs one text per line");
    }
    return ImmutableList.copyOf(rows);
  }

  /**
   * Every row's example.
   *
   * @throws IOException as {@link #next}
   */
  public List<Example> all() throws IOException {
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    List<Row> some;
    do {
      some = next(1024);
      some.forEach(row -> examples.add(row.example()));
    } while (!some.isEmpty());
    return examples.build();
  }

  /** How many rows could not be used so far. */
  public long leftOut() {
    return leftOut;
  }

  private Optional<Row> fromLine() throws IOException {
    TextFile.Line line = lines.next();
    if (line == null) {
      return Optional.empty();
    }
    String[] cells = line.text().split("\t", -1);
    boolean fits =
        switch (texts) {
          case ONE -> cells.length == 1;
          case TWO -> cells.length == 2;
          case ONE_OR_TWO -> cells.length <= 2;
        };
    if (!fits) {
      throw line.problem(
          "%d tab%s; a line is %s"
              .formatted(
                  cells.length - 1,
                  cells.length == 2 ? "" : "s",
                  switch (texts) {
                    case ONE -> "one text without a tab for this task";
                    case TWO -> "two texts with one tab between for this task";
                    case ONE_OR_TWO -> "a text, or two texts with one tab between";
                  }));
    }
    for (String cell : cells) {
      line.requireReadable(cell);
    }
    return Optional.of(
        new Row(
            line.number(),
            new Example(
                cells[0],
                cells.length == 2 ? Optional.of(cells[1]) : Optional.empty(),
                OptionalDouble.empty()),
            ImmutableList.of()));
  }

  private Optional<Row> fromTable(TableRows rows) throws IOException {
    TableRow row = rows.next();
    if (row == null) {
      return Optional.empty();
    }
    if (columns == null) {
      columns = columns(row);
    }
    Optional<String> text = row.cell(columns.text());
    Optional<String> pair =
        columns.pair().isPresent() ? row.cell(columns.pair().get()) : Optional.empty();
    Example example = TextColumns.example(row.line(), columns, text, pair);
    ImmutableList.Builder<Kept> kept = ImmutableList.builder();
    for (String column : keep) {
      kept.add(row.kept(column));
    }
    return Optional.of(new Row(row.line().number(), example, kept.build()));
  }

  /** The columns by the first row's names. */
  private ColumnNames columns(TableRow first) throws IOException {
    TextFile.Line header = first.json().isEmpty() ? new TextFile.Line(file, 1, "") : first.line();
    return TextColumns.names(header, first.names(), texts, format, keep);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
