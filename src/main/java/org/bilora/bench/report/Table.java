package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A table with what it says.
 *
 * @param id name in {@code report.json}
 * @param title heading
 * @param note how to read it; may be empty
 * @param columns names
 * @param rows cells: text, or a {@link Figure}
 */
record Table(String id, String title, String note, List<String> columns, List<List<Object>> rows) {

  /**
   * A number with what is shown of it.
   *
   * @param value NaN for none
   * @param decimals shown
   */
  record Figure(double value, int decimals) {
    @Override
    public String toString() {
      return Double.isFinite(value) ? ("%." + decimals + "f").formatted(value) : "–";
    }
  }

  /** Checks that every row has a cell per column. */
  Table {
    columns = ImmutableList.copyOf(columns);
    rows = ImmutableList.copyOf(rows);
    for (List<Object> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "table %s has %d columns and a row of %d".formatted(id, columns.size(), row.size()));
      }
    }
  }

  static Figure figure(double value, int decimals) {
    return new Figure(value, decimals);
  }

  static Figure figure(OptionalDouble value, int decimals) {
    return new Figure(value.orElse(Double.NaN), decimals);
  }

  /** The same with another sentence of its note. */
  Table withNote(String sentence) {
    return new Table(id, title, (note + " " + sentence).strip(), columns, rows);
  }

  /** Heading, note and table. */
  String markdown() {
    StringBuilder text = new StringBuilder("## %s%n%n".formatted(Markdown.inline(title)));
    if (!note.isEmpty()) {
      text.append(note).append("%n%n".formatted());
    }
    List<String> rules = new ArrayList<>();
    for (int column = 0; column < columns.size(); column++) {
      int at = column;
      boolean numbers = rows.stream().anyMatch(row -> row.get(at) instanceof Figure);
      rules.add(numbers ? "--:" : "---");
    }
    line(text, columns);
    line(text, rules);
    rows.forEach(row -> line(text, row));
    return text.append("%n".formatted()).toString();
  }

  private static void line(StringBuilder text, List<?> cells) {
    text.append('|');
    cells.forEach(cell -> text.append(' ').append(Markdown.cell(cell.toString())).append(" |"));
    text.append("%n".formatted());
  }

  /** Rows as objects by the columns' names; a number that is none is null. */
  Map<String, Object> json() {
    List<Map<String, Object>> objects = new ArrayList<>();
    for (List<Object> row : rows) {
      Map<String, Object> object = new LinkedHashMap<>();
      for (int column = 0; column < columns.size(); column++) {
        Object cell = row.get(column);
        object.put(columns.get(column), cell instanceof Figure figure ? number(figure) : cell);
      }
      objects.add(object);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("title", title);
    json.put("note", note);
    json.put("rows", objects);
    return json;
  }

  private static Object number(Figure figure) {
    double value = figure.value();
    if (!Double.isFinite(value)) {
      return null;
    }
    if (figure.decimals() == 0 && value == Math.rint(value)) {
      return (long) value;
    }
    return value;
  }
}
