package org.bilora.scale.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.util.LongAccumulator;
import org.bilora.data.CustomFormat;
import org.bilora.data.Example;
import org.bilora.data.TextColumns;
import org.bilora.data.TextRows;

/** Takes rows of a Parquet data set on an executor, some at a time. */
final class ReadColumns implements FlatMapFunction<Iterator<Row>, RowChunk> {
  private static final long serialVersionUID = 1;

  /** A value is wrapped for Spark's JSON writer, which takes objects alone. */
  private static final String WRAP = "{\"v\":";

  private final SharedPaths paths;
  private final String table;
  private final ArrayList<String> names;
  private final TextRows.Texts texts;
  private final ReadText.Columns columns;
  private final boolean pairs;
  private final int kept;
  private final boolean asText;
  private final LongAccumulator leftOut;

  private ReadColumns(
      SharedPaths paths,
      String table,
      List<String> names,
      TextRows.Texts texts,
      CustomFormat columns,
      boolean pairs,
      int kept,
      boolean asText,
      LongAccumulator leftOut) {
    this.paths = paths;
    this.table = table;
    this.names = new ArrayList<>(names);
    this.texts = texts;
    this.columns = ReadText.Columns.of(columns);
    this.pairs = pairs;
    this.kept = kept;
    this.asText = asText;
    this.leftOut = leftOut;
  }

  /**
   * The chunks of a data set.
   *
   * @param asText whether what is kept becomes text, as {@code predict} writes it
   */
  static JavaRDD<RowChunk> of(
      Dataset<Row> rows,
      SharedPaths paths,
      String table,
      TextRows.Texts texts,
      CustomFormat format,
      List<String> keep,
      boolean asText,
      LongAccumulator leftOut)
      throws IOException {
    List<String> names = List.of(rows.columns());
    TextColumns found = TextColumns.of(Path.of(table), names, texts, format, keep);
    List<Column> selected = new ArrayList<>();
    selected.add(text(rows, table, found.text()));
    if (found.pair().isPresent()) {
      selected.add(text(rows, table, found.pair().get()));
    }
    for (String name : keep) {
      Column column = column(rows, name);
      if (asText) {
        selected.add(column.cast(DataTypes.StringType));
        selected.add(
            functions.to_json(
                functions.struct(column.as("v")), Map.of("ignoreNullFields", "false")));
      } else {
        selected.add(column);
      }
    }
    return rows.select(selected.toArray(Column[]::new))
        .toJavaRDD()
        .mapPartitions(
            new ReadColumns(
                paths,
                table,
                names,
                texts,
                format,
                found.pair().isPresent(),
                keep.size(),
                asText,
                leftOut));
  }

  /** A column by its whole name, dots and all. */
  private static Column column(Dataset<Row> rows, String name) {
    return rows.col("`" + name.replace("`", "``") + "`");
  }

  private static Column text(Dataset<Row> rows, String table, String name) throws IOException {
    int index = rows.schema().fieldIndex(name);
    if (!rows.schema().fields()[index].dataType().equals(DataTypes.StringType)) {
      throw new IOException(
          "%s: column %s has the type %s; texts are needed, name their column with --text-column or"
                  .formatted(table, name, rows.schema().fields()[index].dataType().simpleString())
              + " --pair-column");
    }
    return column(rows, name);
  }

  @Override
  public Iterator<RowChunk> call(Iterator<Row> rows) throws IOException {
    paths.requireHere();
    TextColumns found = TextColumns.of(Path.of(table), names, texts, columns.format(), List.of());
    return new Chunks(rows, found);
  }

  /** Rows of a partition in chunks. */
  private final class Chunks implements Iterator<RowChunk> {
    private final Iterator<Row> rows;
    private final TextColumns found;
    private int number;

    Chunks(Iterator<Row> rows, TextColumns found) {
      this.rows = rows;
      this.found = found;
    }

    @Override
    public boolean hasNext() {
      return rows.hasNext();
    }

    @Override
    public RowChunk next() {
      if (!rows.hasNext()) {
        throw new NoSuchElementException();
      }
      ArrayList<RowChunk.SentRow> chunk = new ArrayList<>();
      while (chunk.size() < RowChunk.ROWS && rows.hasNext()) {
        Row row = rows.next();
        number++;
        try {
          chunk.add(sent(row));
        } catch (IOException e) {
          if (!columns.skipInvalid()) {
            throw new UncheckedIOException(e);
          }
          leftOut.add(1);
        }
      }
      return new RowChunk(chunk);
    }

    private RowChunk.SentRow sent(Row row) throws IOException {
      int first = pairs ? 2 : 1;
      Example example =
          found.example(
              number,
              Optional.ofNullable(row.getString(0)),
              pairs ? Optional.ofNullable(row.getString(1)) : Optional.empty());
      Object[] values = new Object[kept];
      for (int i = 0; i < kept; i++) {
        values[i] =
            asText
                ? text(row.getString(first + 2 * i), row.getString(first + 2 * i + 1))
                : row.get(first + i);
      }
      return new RowChunk.SentRow(number, example.text(), example.pair().orElse(null), values);
    }

    private RowChunk.SentText text(String text, String wrapped) {
      return new RowChunk.SentText(text, wrapped.substring(WRAP.length(), wrapped.length() - 1));
    }
  }
}
