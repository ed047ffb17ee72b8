package org.bilora.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A user's file: TSV and CSV with a header line, JSONL with an object per line. CSV may quote as
 * spreadsheets do; TSV quotes nothing.
 */
final class CustomTable {
  static final ImmutableList<String> EXTENSIONS = ImmutableList.of("tsv", "csv", "jsonl");

  private static final List<String> TEXT = List.of("text", "sentence", "text1", "sentence1");
  private static final List<String> PAIR = List.of("text2", "sentence2");
  private static final List<String> LABEL = List.of("label");
  private static final List<String> SCORE = List.of("score");
  private static final String WANTED =
      "name the columns text (or sentence, text1, sentence1), label or score, and for pairs text2"
          + " (or sentence2)";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /**
   * A row.
   *
   * @param line where it begins, without its text
   * @param target label or score as written; empty without one
   */
  record Row(TextFile.Line line, String text, Optional<String> pair, Optional<String> target) {}

  private final TextFile file;
  private final List<Row> rows = new ArrayList<>();
  private String text;
  private Optional<String> pair;
  private Optional<String> target;
  private boolean scored;

  private CustomTable(TextFile file) {
    this.file = file;
  }

  /** Reads a file by its name's extension. */
  static CustomTable read(TextFile file, Hasher hasher) throws IOException {
    CustomTable table = new CustomTable(file);
    switch (MoreFiles.getFileExtension(file.path()).toLowerCase(Locale.ROOT)) {
      case "tsv" -> table.readTsv(hasher);
      case "csv" -> table.readCsv(hasher);
      case "jsonl" -> table.readJsonl(hasher);
      default ->
          throw file.problem("its name must end with one of ." + String.join(", .", EXTENSIONS));
    }
    if (table.rows.isEmpty()) {
      throw file.problem("it has no examples; add them, one per line");
    }
    return table;
  }

  TextFile file() {
    return file;
  }

  List<Row> rows() {
    return rows;
  }

  boolean pairs() {
    return pair.isPresent();
  }

  /** Whether the targets are in a column of scores rather than labels. */
  boolean scored() {
    return scored;
  }

  private void readTsv(Hasher hasher) throws IOException {
    List<String> names = new ArrayList<>();
    file.forEachLine(
        hasher,
        line -> {
          List<String> cells = Splitter.on('\t').splitToList(line.text());
          if (!line.isEmpty()) {
            readCells(line, names, cells);
          }
        });
  }

  private void readCsv(Hasher hasher) throws IOException {
    List<String> names = new ArrayList<>();
    new CsvRows(file).forEach(hasher, (line, cells) -> readCells(line, names, cells));
  }

  private void readCells(TextFile.Line line, List<String> names, List<String> cells)
      throws IOException {
    if (names.isEmpty()) {
      cells.forEach(cell -> names.add(normalized(cell)));
      if (names.stream().distinct().count() < names.size()) {
        throw line.problem("two columns have the same name: " + String.join(", ", cells));
      }
      resolve(line, names);
      return;
    }
    if (cells.size() != names.size()) {
      throw line.problem(
          "%d columns where %d are needed (%s); repair or delete the line"
              .formatted(cells.size(), names.size(), String.join(", ", names)));
    }
    Map<String, String> byName = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      byName.put(names.get(i), cells.get(i));
    }
    add(line, byName);
  }

  private void readJsonl(Hasher hasher) throws IOException {
    file.forEachLine(
        hasher,
        line -> {
          if (line.text().isBlank()) {
            return;
          }
          Map<String, String> byName = new HashMap<>();
          jsonObject(line)
              .properties()
              .forEach(
                  field -> {
                    if (field.getValue().isValueNode() && !field.getValue().isNull()) {
                      byName.put(normalized(field.getKey()), field.getValue().asText());
                    }
                  });
          if (text == null) {
            resolve(line, List.copyOf(byName.keySet()));
          }
          add(line, byName);
        });
  }

  private static JsonNode jsonObject(TextFile.Line line) throws IOException {
    JsonNode node = null;
    try {
      node = JSON.readTree(line.text());
    } catch (JsonProcessingException e) {
      IOException problem =
          line.problem("not JSON at column %d".formatted(e.getLocation().getColumnNr()));
      problem.initCause(e);
      throw problem;
    }
    if (!node.isObject()) {
      throw line.problem(
          "not a JSON object; write one per line, such as {\"text\": …, \"label\": …}");
    }
    return node;
  }

  /** Finds the columns by the names of the header, or of the first object. */
  private void resolve(TextFile.Line line, List<String> names) throws IOException {
    text =
        first(TEXT, names)
            .orElseThrow(
                () ->
                    line.problem(
                        "no text among the columns %s; %s"
                            .formatted(String.join(", ", names), WANTED)));
    pair = first(PAIR, names);
    Optional<String> label = first(LABEL, names);
    Optional<String> score = first(SCORE, names);
    if (label.isPresent() && score.isPresent()) {
      throw line.problem("both a label and a score; rename the one that is not to be learnt");
    }
    scored = score.isPresent();
    target = scored ? score : label;
  }

  private void add(TextFile.Line line, Map<String, String> byName) throws IOException {
    TextFile.Line where = new TextFile.Line(file, line.number(), "");
    rows.add(
        new Row(
            where,
            filled(text, byName, where),
            pair.isPresent() ? Optional.of(filled(pair.get(), byName, where)) : Optional.empty(),
            target.map(byName::get).map(String::strip).filter(written -> !written.isEmpty())));
  }

  private static String filled(String column, Map<String, String> byName, TextFile.Line line)
      throws IOException {
    String value = byName.getOrDefault(column, "");
    if (value.isBlank()) {
      throw line.problem("no %s; fill it in or delete the line".formatted(column));
    }
    return value;
  }

  private static Optional<String> first(List<String> wanted, List<String> names) {
    return wanted.stream().filter(names::contains).findFirst();
  }

  private static String normalized(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }
}
