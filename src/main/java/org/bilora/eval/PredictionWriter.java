package org.bilora.eval;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.bilora.data.CustomFormat;
import org.bilora.data.Task;
import org.bilora.data.TaskType;
import org.bilora.data.TextRows;

/**
 * Writes predictions, a row each: kept columns, then those of the task ({@link
 * TaskOutputs#columns}), then on demand {@code probability_LABEL} of every class. Lists are cut by
 * the separator of the training file, in JSONL they are lists. Lines have the same cells between
 * tabs, and no header.
 */
public final class PredictionWriter {
  private static final JsonFactory JSON = new JsonFactory();

  private final Writer out;
  private final TextRows.Format format;
  private final TaskOutputs outputs;
  private final String separator;
  private final List<String> keep;
  private final boolean probabilities;
  private final CSVPrinter csv;

  /**
   * Begins with the header, where the format has one.
   *
   * @param out stays the caller's to flush and close
   * @param keep names of the columns that go with the texts
   * @param probabilities whether to write those of all classes
   * @throws IOException when the header cannot be written
   */
  public PredictionWriter(
      Writer out, TextRows.Format format, Task task, List<String> keep, boolean probabilities)
      throws IOException {
    this.out = out;
    this.format = format;
    this.outputs = TaskOutputs.of(task);
    this.separator = separator(task);
    this.keep = keep;
    this.probabilities = probabilities;
    this.csv = new CSVPrinter(out, CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get());
    if (format == TextRows.Format.TSV || format == TextRows.Format.CSV) {
      writeCells(header(), 1);
    }
  }

  private List<String> header() {
    List<String> names = new ArrayList<>(keep);
    names.addAll(outputs.columns());
    if (probabilities) {
      outputs.probabilityNames().forEach(label -> names.add("probability_" + label));
    }
    return names;
  }

  /**
   * Writes a row.
   *
   * @throws IOException when it cannot be written, or has a tab or a line end in a cell of TSV
   */
  public void write(TextRows.Row row, Prediction prediction) throws IOException {
    if (format == TextRows.Format.JSONL) {
      writeObject(row, prediction);
      return;
    }
    List<String> cells = new ArrayList<>();
    row.kept().forEach(kept -> cells.add(kept.text().orElse("")));
    outputs.columns().forEach(name -> cells.add(cell(prediction.columns().get(name), separator)));
    if (probabilities) {
      prediction.probabilities().values().forEach(p -> cells.add(number(p)));
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
      for (String name : outputs.columns()) {
        json.writeFieldName(name);
        writeValue(json, prediction.columns().get(name));
      }
      if (probabilities && !prediction.probabilities().isEmpty()) {
        json.writeObjectFieldStart("probabilities");
        for (Map.Entry<String, Double> one : prediction.probabilities().entrySet()) {
          json.writeFieldName(one.getKey());
          writeNumber(json, one.getValue());
        }
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    out.write(text.toString());
    out.write('\n');
  }

  private static void writeValue(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Double number) {
      writeNumber(json, number);
    } else if (value instanceof Integer number) {
      json.writeNumber(number);
    } else if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.writeFieldName(entry.getKey().toString());
        writeValue(json, entry.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof List<?> list) {
      json.writeStartArray();
      for (Object item : list) {
        writeValue(json, item);
      }
      json.writeEndArray();
    } else {
      json.writeString(value.toString());
    }
  }

  /** What stands between the items of a list where lists are cells. */
  public static String separator(Task task) {
    String usual = task.type() == TaskType.TOKEN_CLASSIFICATION ? " " : ",";
    return task.format().flatMap(CustomFormat::labelSeparator).orElse(usual);
  }

  /** A value as a cell. */
  public static String cell(Object value, String separator) {
    if (value instanceof Double number) {
      return number(number);
    }
    if (value instanceof Map<?, ?> map) {
      return "%s-%s:%s".formatted(map.get("start"), map.get("end"), map.get("label"));
    }
    return value instanceof List<?> list
        ? list.stream().map(item -> cell(item, separator)).collect(Collectors.joining(separator))
        : value.toString();
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
