package org.bilora.data;

import com.google.common.hash.HashCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A user's file as a whole: the rows of its {@link TableRows} whose texts are there. */
final class CustomTable {
  /**
   * A row.
   *
   * @param line where it begins, without its text
   * @param target label or score as written; empty without one
   */
  record Row(TextFile.Line line, String text, Optional<String> pair, Optional<String> target) {}

  private final TextFile file;
  private final InvalidRows invalid;
  private final List<Row> rows = new ArrayList<>();
  private ColumnNames columns;
  private HashCode sha256;
  private int read;

  private CustomTable(TextFile file) {
    this.file = file;
    this.invalid = new InvalidRows(file);
  }

  /**
   * Reads a file by its name's extension. Rows that cannot be used are in {@link #invalid}.
   *
   * @throws IOException when the file cannot be read, or has no columns that are needed, or no row
   */
  static CustomTable read(TextFile file, CustomFormat format) throws IOException {
    String extension =
        TableRows.extension(file.path())
            .orElseThrow(
                () ->
                    file.problem(
                        "its name must end with one of ."
                            + String.join(", .", TableRows.EXTENSIONS)));
    CustomTable table = new CustomTable(file);
    List<TableRow> written = new ArrayList<>();
    table.sha256 =
        file.readLines(lines -> table.readRows(TableRows.of(extension, file, lines), written));
    if (table.read == 0) {
      throw file.problem("it has no examples; add them, one per line");
    }
    if (written.isEmpty()) {
      table.invalid.leaveOut(false, table.read);
    }
    Set<String> names = new LinkedHashSet<>();
    List<String> header = written.get(0).names();
    if (extension.equals("jsonl")) {
      // An object may lack what others have.
      written.forEach(row -> names.addAll(row.names()));
      header = List.copyOf(names);
    }
    TextFile.Line first =
        extension.equals("jsonl") ? written.get(0).line() : new TextFile.Line(file, 1, "");
    table.columns = ColumnNames.of(first, header, format, true);
    for (TableRow row : written) {
      table.take(row);
    }
    return table;
  }

  TextFile file() {
    return file;
  }

  /** The rows whose texts can be used. */
  List<Row> rows() {
    return rows;
  }

  ColumnNames columns() {
    return columns;
  }

  /** Hash of the file's bytes. */
  HashCode sha256() {
    return sha256;
  }

  /** The rows that cannot be used. */
  InvalidRows invalid() {
    return invalid;
  }

  /** How many rows the file has, those that cannot be used included. */
  int size() {
    return read;
  }

  private void readRows(TableRows from, List<TableRow> into) throws IOException {
    while (true) {
      try {
        TableRow row = from.next();
        if (row == null) {
          return;
        }
        read++;
        into.add(row);
      } catch (InvalidRowException e) {
        read++;
        invalid.add(e);
      }
    }
  }

  private void take(TableRow row) {
    try {
      Optional<String> pair = Optional.empty();
      String text = filled(row, columns.text());
      if (columns.pair().isPresent()) {
        pair = Optional.of(filled(row, columns.pair().get()));
      }
      Optional<String> target = Optional.empty();
      if (columns.label().isPresent()) {
        target = row.cell(columns.label().get()).map(String::strip).filter(t -> !t.isEmpty());
      }
      rows.add(new Row(row.line(), text, pair, target));
    } catch (InvalidRowException e) {
      invalid.add(e);
    }
  }

  private static String filled(TableRow row, String column) throws InvalidRowException {
    String value = row.cell(column).orElse("");
    if (value.isBlank()) {
      throw row.line()
          .problem("no %s; fill it in or delete the line".formatted(Messages.cut(column)));
    }
    return row.line().requireReadable(value);
  }
}
