package org.bilora.scale.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import org.bilora.data.CustomFormat;
import org.bilora.data.TextRows;

/** Reads files of text on an executor, by the rules of {@code predict}, some rows at a time. */
final class ReadText implements FlatMapFunction<Iterator<String>, RowChunk> {
  private static final long serialVersionUID = 1;

  private final SerializableConfiguration hadoop;
  private final SharedPaths paths;
  private final TextRows.Format format;
  private final TextRows.Texts texts;
  private final Columns columns;
  private final ArrayList<String> keep;
  private final LongAccumulator leftOut;

  /**
   * Where texts stand, as it is sent.
   *
   * @param text null for the usual names
   * @param pair likewise
   */
  record Columns(String text, String pair, boolean skipInvalid) implements Serializable {
    static Columns of(CustomFormat format) {
      return new Columns(
          format.textColumn().orElse(null), format.pairColumn().orElse(null), format.skipInvalid());
    }

    CustomFormat format() {
      return CustomFormat.USUAL.withTexts(
          Optional.ofNullable(text), Optional.ofNullable(pair), skipInvalid);
    }
  }

  ReadText(
      SerializableConfiguration hadoop,
      SharedPaths paths,
      TextRows.Format format,
      TextRows.Texts texts,
      CustomFormat columns,
      List<String> keep,
      LongAccumulator leftOut) {
    this.hadoop = hadoop;
    this.paths = paths;
    this.format = format;
    this.texts = texts;
    this.columns = Columns.of(columns);
    this.keep = new ArrayList<>(keep);
    this.leftOut = leftOut;
  }

  @Override
  public Iterator<RowChunk> call(Iterator<String> files) throws IOException {
    paths.requireHere();
    return new Chunks(files);
  }

  /** The chunks of one file after the other. */
  private final class Chunks implements Iterator<RowChunk> {
    private final Iterator<String> files;
    private TextRows rows;
    private List<TextRows.Row> next = List.of();

    Chunks(Iterator<String> files) {
      this.files = files;
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> close());
    }

    @Override
    public boolean hasNext() {
      try {
        while (next.isEmpty() && (rows != null || files.hasNext())) {
          if (rows == null) {
            rows = open(files.next());
          }
          next = rows.next(RowChunk.ROWS);
          if (next.isEmpty()) {
            leftOut.add(rows.leftOut());
            rows.close();
            rows = null;
          }
        }
        return !next.isEmpty();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private TextRows open(String file) throws IOException {
      Path path = new Path(file);
      return TextRows.open(
          DataFiles.local(path).orElseGet(() -> java.nio.file.Path.of(file)),
          path.getFileSystem(hadoop.value()).open(path),
          format,
          texts,
          columns.format(),
          keep);
    }

    @Override
    public RowChunk next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ArrayList<RowChunk.SentRow> sent = new ArrayList<>();
      next.forEach(row -> sent.add(RowChunk.SentRow.of(row)));
      next = List.of();
      return new RowChunk(sent);
    }

    private void close() {
      if (rows != null) {
        try {
          rows.close();
        } catch (IOException e) {
          // The task's own failure is the one to be heard.
        }
      }
    }
  }
}
