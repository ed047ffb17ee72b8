package org.bilora.data;

import java.util.List;
import java.util.Optional;

/**
 * A row of a table as it was written.
 *
 * @param line where it begins, without its text
 * @param names of the columns, stripped; of one object alone in JSONL
 * @param cells beside the names; null where JSONL has a list or an object, none where it has null
 * @param json the same as JSON, where the table is JSONL; else empty
 */
record TableRow(TextFile.Line line, List<String> names, List<String> cells, List<String> json) {

  /** A row of a table that is not JSONL. */
  TableRow(TextFile.Line line, List<String> names, List<String> cells) {
    this(line, names, cells, List.of());
  }

  /**
   * The cell of a column, which this row may lack.
   *
   * @throws InvalidRowException when it is no single value
   */
  Optional<String> cell(String name) throws InvalidRowException {
    int index = names.indexOf(name);
    if (index >= 0 && cells.get(index) == null) {
      throw line.problem(
          "%s is a list or an object; a text, a number or a word is needed"
              .formatted(Messages.cut(name)));
    }
    return index < 0 ? Optional.empty() : Optional.of(cells.get(index));
  }

  /**
   * The words of a column that JSONL has as a list.
   *
   * @return empty where the column holds no list
   * @throws InvalidRowException when the list holds anything but texts and numbers
   */
  Optional<List<String>> list(String name) throws InvalidRowException {
    int index = names.indexOf(name);
    if (index < 0 || json.isEmpty() || !json.get(index).startsWith("[")) {
      return Optional.empty();
    }
    return Optional.of(JsonLines.words(line, name, json.get(index)));
  }

  /** Whatever a column holds, to be written again as it is. */
  TextRows.Kept kept(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      return new TextRows.Kept(Optional.empty(), Optional.empty());
    }
    if (json.isEmpty()) {
      return new TextRows.Kept(Optional.of(cells.get(index)), Optional.empty());
    }
    String value = json.get(index);
    // A number stays as it was written.
    String text = value.startsWith("\"") ? cells.get(index) : value;
    return new TextRows.Kept(Optional.of(text), Optional.of(value));
  }
}
