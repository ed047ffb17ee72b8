package org.bilora.data;

import com.google.common.base.Splitter;
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
   * @param targets labels or scores as written, one of a single label; empty without any
   */
  record Row(
      TextFile.Line line, String text, Optional<String> pair, Optional<List<String>> targets) {

    /** The one label or score of a labelled row. */
    String target() {
      return targets.orElseThrow().get(0);
    }
  }

  private final TextFile file;
  private final CustomFormat format;
  private final InvalidRows invalid;
  private final List<Row> rows = new ArrayList<>();
  private ColumnNames columns;
  private HashCode sha256;
  private int read;

  private CustomTable(TextFile file, CustomFormat format) {
    this.file = file;
    this.format = format;
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
    CustomTable table = new CustomTable(file, format);
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
      rows.add(new Row(row.line(), text, pair, targets(row)));
    } catch (InvalidRowException e) {
      invalid.add(e);
    }
  }

  private Optional<List<String>> targets(TableRow row) throws InvalidRowException {
    if (columns.labels().isEmpty()) {
      return Optional.empty();
    }
    if (columns.labels().size() > 1) {
      return severalColumns(row);
    }
    String column = columns.labels().get(0);
    Optional<List<String>> list = row.list(column);
    if (list.isPresent()) {
      return list;
    }
    Optional<String> cell = row.cell(column).map(String::strip);
    return format.labelSeparator().isPresent()
        ? cell.map(
            Splitter.on(format.labelSeparator().get()).trimResults().omitEmptyStrings()
                ::splitToList)
        : cell.filter(target -> !target.isEmpty()).map(List::of);
  }

  private Optional<List<String>> severalColumns(TableRow row) throws InvalidRowException {
    List<String> targets = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String column : columns.labels()) {
      String cell = row.cell(column).map(String::strip).orElse("");
      (cell.isEmpty() ? missing : targets).add(cell.isEmpty() ? column : cell);
    }
    if (!targets.isEmpty() && !missing.isEmpty()) {
      throw row.line()
          .problem(
              "no %s where other label columns are filled; fill it in or delete the line"
                  .formatted(Messages.cut(String.join(", ", missing))));
    }
    return targets.isEmpty() ? Optional.empty() : Optional.of(targets);
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
