package org.bilora.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * JSONL: an object per line, blank lines apart. Numbers are taken as JSON means them: 1 and 1.0 are
 * one.
 */
final class JsonLines implements TableRows {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final Lines lines;

  JsonLines(Lines lines) {
    this.lines = lines;
  }

  @Override
  public TableRow next() throws IOException {
    TextFile.Line line = lines.next();
    while (line != null && line.text().isBlank()) {
      line = lines.next();
    }
    return line == null ? null : row(line);
  }

  private static TableRow row(TextFile.Line line) throws IOException {
    List<String> names = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    List<String> json = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object(line).properties()) {
      JsonNode value = field.getValue();
      if (!value.isNull()) {
        names.add(field.getKey().strip());
        cells.add(cell(value));
        json.add(value.toString());
      }
    }
    return new TableRow(line.withoutText(), names, cells, json);
  }

  /** A list of texts or numbers. */
  static List<String> words(TextFile.Line line, String name, String json)
      throws InvalidRowException {
    List<String> words = new ArrayList<>();
    try {
      for (JsonNode value : JSON.readTree(json)) {
        if (!value.isTextual() && !value.isNumber()) {
          throw line.problem(
              "%s has %s in its list; texts and numbers are needed"
                  .formatted(Messages.cut(name), Messages.cut(value.toString())));
        }
        words.add(cell(value).strip());
      }
    } catch (JsonProcessingException e) {
      throw notJson(line, e);
    }
    return words;
  }

  private static String cell(JsonNode value) {
    if (!value.isValueNode()) {
      return null;
    }
    return value.isNumber() ? Numbers.canonical(value.asText()) : value.asText();
  }

  private static JsonNode object(TextFile.Line line) throws IOException {
    JsonNode node;
    try {
      node = JSON.readTree(line.text());
    } catch (JsonProcessingException e) {
      throw notJson(line, e);
    }
    if (!node.isObject()) {
      throw line.problem(
          "not a JSON object; write one per line, such as {\"text\": …, \"label\": …}");
    }
    return node;
  }

  /** What is wrong with JSON in a line; Jackson knows no place where a limit of its is passed. */
  static InvalidRowException notJson(TextFile.Line line, JsonProcessingException e) {
    // What Jackson tells its programmers is no use to the file's owner.
    String reason =
        Messages.cut(
            e.getOriginalMessage()
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll(
                    " \\(start marker at .*|: not allowed (as per|when) `.*|: enable `.*|"
                        + " \\(bound as .*?\\)",
                    ""));
    InvalidRowException problem =
        line.problem(
            e.getLocation() == null
                ? "JSON that cannot be read: " + reason
                : "not JSON at column %d: %s".formatted(e.getLocation().getColumnNr(), reason));
    problem.initCause(e);
    return problem;
  }
}
