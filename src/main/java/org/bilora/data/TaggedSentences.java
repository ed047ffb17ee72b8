package org.bilora.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.hash.HashCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file of texts whose words have tags, in one of two forms:
 *
 * <pre>
 * .conll, .bio, .iob   a word per line, its tag in the last column, an empty line between sentences;
 *                      lines of -DOCSTART- are passed over
 * .jsonl               {"text": "…", "spans": [{"start": 0, "end": 5, "label": "PER"}, …]}, ends
 *                      behind the last character, counted in characters (code points)
 * </pre>
 */
final class TaggedSentences {
  static final List<String> COLUMN_EXTENSIONS = List.of("conll", "bio", "iob");
  private static final String SPANS = "spans";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A sentence.
   *
   * @param line where it begins
   * @param tags of its words; empty where the file has none
   */
  record Sentence(TextFile.Line line, String text, List<Span> words, Optional<List<String>> tags) {}

  private final TextFile file;
  private final CustomFormat format;
  private final InvalidRows invalid;
  private final List<Sentence> sentences = new ArrayList<>();
  private HashCode sha256;
  private int read;

  private TaggedSentences(TextFile file, CustomFormat format) {
    this.file = file;
    this.format = format;
    this.invalid = new InvalidRows(file);
  }

  /**
   * Reads a file by its name's extension.
   *
   * @throws IOException when it cannot be read, or a sentence cannot be used and is not to be left
   *     out
   */
  static TaggedSentences read(TextFile file, CustomFormat format) throws IOException {
    TaggedSentences read = new TaggedSentences(file, format);
    boolean jsonl = TableRows.extension(file.path()).equals(Optional.of("jsonl"));
    read.sha256 = file.readLines(jsonl ? read::readJson : read::readColumns);
    read.invalid.leaveOut(format.skipInvalid(), read.read);
    if (read.sentences.isEmpty()) {
      throw file.problem("it has no sentence that can be used");
    }
    return read;
  }

  TextFile file() {
    return file;
  }

  List<Sentence> sentences() {
    return sentences;
  }

  /** Hash of the file's bytes. */
  HashCode sha256() {
    return sha256;
  }

  /** How many sentences could not be used. */
  int leftOut() {
    return invalid.count();
  }

  private void readColumns(Lines lines) throws IOException {
    List<TextFile.Line> sentence = new ArrayList<>();
    for (TextFile.Line line = lines.next(); line != null; line = lines.next()) {
      if (!line.text().isBlank()) {
        sentence.add(line);
      } else {
        take(sentence);
        sentence.clear();
      }
    }
    take(sentence);
  }

  private void take(List<TextFile.Line> sentence) {
    if (sentence.isEmpty() || sentence.get(0).text().startsWith("-DOCSTART-")) {
      return;
    }
    read++;
    try {
      sentences.add(fromColumns(sentence));
    } catch (InvalidRowException e) {
      invalid.add(e);
    }
  }

  private static Sentence fromColumns(List<TextFile.Line> sentence) throws InvalidRowException {
    StringBuilder text = new StringBuilder();
    List<Span> words = new ArrayList<>();
    List<String> tags = new ArrayList<>();
    int columns = -1;
    for (TextFile.Line line : sentence) {
      String[] cells = line.text().strip().split(line.text().contains("\t") ? "\t" : "\\s+", -1);
      columns = columns < 0 ? cells.length : columns;
      if (cells.length != columns || cells[0].isBlank()) {
        throw line.problem(
            "%d columns where the sentence has %d; repair or delete the line"
                .formatted(cells.length, columns));
      }
      String word = line.requireReadable(cells[0].strip());
      if (!text.isEmpty()) {
        text.append(' ');
      }
      words.add(new Span(text.length(), text.length() + word.length()));
      text.append(word);
      if (columns > 1) {
        tags.add(tag(line, cells[columns - 1].strip()));
      }
    }
    return new Sentence(
        sentence.get(0).withoutText(),
        text.toString(),
        words,
        columns > 1 ? Optional.of(tags) : Optional.empty());
  }

  private static String tag(TextFile.Line line, String written) throws InvalidRowException {
    if (!Tags.isTag(written)) {
      throw line.problem(
          "the tag is '%s'; it must be O, or B- or I- (or E-, S-) and a type"
              .formatted(Messages.cut(written)));
    }
    return written;
  }

  private void readJson(Lines lines) throws IOException {
    TableRows rows = TableRows.of("jsonl", file, lines);
    while (true) {
      try {
        TableRow row = rows.next();
        if (row == null) {
          return;
        }
        read++;
        sentences.add(fromJson(row));
      } catch (InvalidRowException e) {
        invalid.add(e);
      }
    }
  }

  private Sentence fromJson(TableRow row) throws InvalidRowException {
    ColumnNames columns = ColumnNames.of(row.line(), row.names(), format, false);
    String text = row.line().requireReadable(row.cell(columns.text()).orElse(""));
    List<Span> words = Words.of(text);
    if (words.isEmpty()) {
      throw row.line().problem("no word in its text; fill it in or delete the line");
    }
    int column = row.names().indexOf(format.labelColumn().orElse(SPANS));
    if (column < 0) {
      return new Sentence(row.line(), text, words, Optional.empty());
    }
    List<Tags.TypedSpan> spans = spans(row, text, row.json().get(column));
    Optional<List<String>> tags = Tags.of(words, spans);
    if (tags.isEmpty()) {
      throw row.line()
          .problem(
              "a span overlaps another, or does not begin and end with a word; words are runs of"
                  + " letters and digits, and each other sign");
    }
    return new Sentence(row.line(), text, words, tags);
  }

  private static List<Tags.TypedSpan> spans(TableRow row, String text, String json)
      throws InvalidRowException {
    int length = text.codePointCount(0, text.length());
    List<Tags.TypedSpan> spans = new ArrayList<>();
    for (JsonNode span : parsed(row, json)) {
      JsonNode start = span.path("start");
      JsonNode end = span.path("end");
      String type = span.path("label").asText("");
      if (!start.isInt() || !end.isInt() || type.isBlank() || type.matches(".*\\s.*")) {
        throw row.line()
            .problem(
                "the span %s; it must have whole numbers start and end, and a label without blanks"
                    .formatted(Messages.cut(span.toString())));
      }
      if (start.asInt() < 0 || end.asInt() <= start.asInt() || end.asInt() > length) {
        throw row.line()
            .problem(
                "the span %s does not lie in its text of %d characters"
                    .formatted(Messages.cut(span.toString()), length));
      }
      spans.add(
          new Tags.TypedSpan(
              new Span(
                  text.offsetByCodePoints(0, start.asInt()),
                  text.offsetByCodePoints(0, end.asInt())),
              type));
    }
    return spans;
  }

  private static JsonNode parsed(TableRow row, String json) throws InvalidRowException {
    try {
      JsonNode spans = JSON.readTree(json);
      if (!spans.isArray()) {
        throw row.line().problem("its spans are no list");
      }
      return spans;
    } catch (JsonProcessingException e) {
      throw JsonLines.notJson(row.line(), e);
    }
  }
}
