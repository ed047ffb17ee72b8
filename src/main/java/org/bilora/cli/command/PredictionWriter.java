package org.bilora.cli.command;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.bilora.data.Task;
import org.bilora.data.TextRows;
import org.bilora.train.Prediction;

/**
 * Writes predictions, a row each: kept columns, then {@code label} and {@code probability}, or
 * {@code score} for a regression task, then on demand {@code probability_LABEL} of every class.
 * Lines have the same cells between tabs, and no header.
 */
final class PredictionWriter {
  private static final JsonFactory JSON = new JsonFactory();

  private final Writer out;
  private final TextRows.Format format;
  private final Task task;
  private final List<String> keep;
  private final boolean probabilities;
  private final CSVPrinter csv;

  /**
   * @param keep names of the columns that go with the texts
   * @param probabilities whether to write those of all classes
   */
  PredictionWriter(
      Writer out, TextRows.Format format, Task task, List<String> keep, boolean probabilities)
      throws IOException {
    this.out = out;
    this.format = format;
    this.task = task;
    this.keep = keep;
    this.probabilities = probabilities && !task.regression();
    this.csv = new CSVPrinter(out, CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get());
    if (format == TextRows.Format.TSV || format == TextRows.Format.CSV) {
      writeCells(header(), 1);
    }
  }

  private List<String> header() {
    List<String> names = new ArrayList<>(keep);
    if (task.regression()) {
      names.add("score");
    } else {
      names.add("label");
      names.add("probability");
    }
    if (probabilities) {
      task.labels().forEach(label -> names.add("probability_" + label));
    }
    return names;
  }

  void write(TextRows.Row row, Prediction prediction) throws IOException {
    if (format == TextRows.Format.JSONL) {
      writeObject(row, prediction);
      return;
    }
    List<String> cells = new ArrayList<>();
    row.kept().forEach(kept -> cells.add(kept.text().orElse("")));
    prediction.label().ifPresent(cells::add);
    cells.add(number(prediction.value()));
    if (probabilities) {
      prediction.probabilities().forEach(p -> cells.add(number(p)));
    }
    writeCells(cells, row.line());
  }

  private void writeCells(List<String> cells, int line) throws IOException {
    if (format == TextRows.Format.CSV) {
      csv.printRecord(cells);
      return;
    }
    for (String cell : cells) {
      if (cell.indexOf('\t') >= 0 || cell.indexOf('\n') >= 0) {
        throw new IOException(
            "line %d: a tab or a line end within a cell, which stands for itself in no TSV; write"
                    .formatted(line)
                + " CSV or JSONL");
      }
    }
    out.write(String.join("\t", cells));
    out.write('\n');
  }

  private void writeObject(TextRows.Row row, Prediction prediction) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      for (int i = 0; i < keep.size(); i++) {
        json.writeFieldName(keep.get(i));
        TextRows.Kept kept = row.kept().get(i);
        Optional<String> raw = kept.json();
        if (raw.isPresent()) {
          json.writeRawValue(raw.get());
        } else {
          json.writeString(kept.text().orElse(null));
        }
      }
      if (task.regression()) {
        json.writeFieldName("score");
        writeNumber(json, prediction.value());
      } else {
        json.writeStringField("label", prediction.label().orElseThrow());
        json.writeFieldName("probability");
        writeNumber(json, prediction.value());
      }
      if (probabilities) {
        json.writeObjectFieldStart("probabilities");
        for (int i = 0; i < task.labels().size(); i++) {
          json.writeFieldName(task.labels().get(i));
          writeNumber(json, prediction.probabilities().get(i));
        }
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    out.write(text.toString());
    out.write('\n');
  }

  /** JSON has no NaN and no infinity. */
  private static void writeNumber(JsonGenerator json, double value) throws IOException {
    if (Double.isFinite(value)) {
      json.writeNumber(value);
    } else {
      json.writeNull();
    }
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.6f", value);
  }
}
