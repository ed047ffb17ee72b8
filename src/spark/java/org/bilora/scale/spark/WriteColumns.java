package org.bilora.scale.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.bilora.data.Task;
import org.bilora.eval.Prediction;
import org.bilora.eval.TaskOutputs;
import org.bilora.train.TrainedRun;

/** Predictions as rows of Spark's, for Parquet: the columns that {@code predict} writes, typed. */
final class WriteColumns implements FlatMapFunction<Iterator<RowChunk>, Row> {
  private static final long serialVersionUID = 1;

  /** Where {@code predict} writes a part of a text. */
  private static final StructType SPAN =
      new StructType()
          .add("start", DataTypes.IntegerType)
          .add("end", DataTypes.IntegerType)
          .add("label", DataTypes.StringType)
          .add("text", DataTypes.StringType);

  private final Predictor predictor;
  private final boolean probabilities;
  private final LongAccumulator count;

  WriteColumns(Predictor predictor, boolean probabilities, LongAccumulator count) {
    this.predictor = predictor;
    this.probabilities = probabilities;
    this.count = count;
  }

  /**
   * Names and types of the columns.
   *
   * @param kept what stands before the predictions
   * @throws IllegalArgumentException when a column is kept that is predicted, too
   */
  static StructType schema(List<StructField> kept, Task task, boolean probabilities) {
    StructType schema = new StructType(kept.toArray(StructField[]::new));
    TaskOutputs outputs = TaskOutputs.of(task);
    for (String name : outputs.columns()) {
      schema = added(schema, name, type(task, name));
    }
    if (probabilities) {
      for (String label : outputs.probabilityNames()) {
        schema = added(schema, "probability_" + label, DataTypes.DoubleType);
      }
    }
    return schema;
  }

  private static StructType added(StructType schema, String name, DataType type) {
    for (String other : schema.fieldNames()) {
      if (other.equalsIgnoreCase(name)) {
        throw new IllegalArgumentException(
            "--keep: column %s is predicted, too, and Parquet takes no name twice; rename it, or write"
                    .formatted(other)
                + " JSONL or CSV");
      }
    }
    return schema.add(name, type);
  }

  private static DataType type(Task task, String column) {
    return switch (task.type()) {
      case CLASSIFICATION ->
          column.equals(TaskOutputs.LABEL) ? DataTypes.StringType : DataTypes.DoubleType;
      case REGRESSION -> DataTypes.DoubleType;
      case MULTI_LABEL -> DataTypes.createArrayType(DataTypes.StringType);
      case TOKEN_CLASSIFICATION ->
          DataTypes.createArrayType(column.equals("tags") ? DataTypes.StringType : SPAN);
      case LANGUAGE_MODELLING ->
          throw new IllegalArgumentException("a language model has no columns");
    };
  }

  @Override
  public Iterator<Row> call(Iterator<RowChunk> chunks) throws IOException {
    TrainedRun trained = predictor.open();
    TaskOutputs outputs = TaskOutputs.of(trained.task());
    return new Iterator<>() {
      private Iterator<Row> rows = List.<Row>of().iterator();

      @Override
      public boolean hasNext() {
        while (!rows.hasNext() && chunks.hasNext()) {
          rows = rows(chunks.next());
        }
        return rows.hasNext();
      }

      @Override
      public Row next() {
        hasNext();
        return rows.next();
      }

      private Iterator<Row> rows(RowChunk chunk) {
        List<Prediction> predictions = Predictor.predict(trained, chunk);
        List<Row> answered = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
          answered.add(row(chunk.rows().get(i), predictions.get(i), outputs));
        }
        count.add(answered.size());
        return answered.iterator();
      }
    };
  }

  private Row row(RowChunk.SentRow row, Prediction prediction, TaskOutputs outputs) {
    List<Object> values = new ArrayList<>();
    for (Object kept : row.kept()) {
      values.add(kept instanceof RowChunk.SentText text ? text.kept().text().orElse(null) : kept);
    }
    outputs.columns().forEach(name -> values.add(value(prediction.columns().get(name))));
    if (probabilities) {
      values.addAll(prediction.probabilities().values());
    }
    return RowFactory.create(values.toArray());
  }

  /** A value as Spark takes it. */
  private static Object value(Object predicted) {
    if (predicted instanceof List<?> list) {
      return list.stream().map(WriteColumns::value).toArray();
    }
    if (predicted instanceof Map<?, ?> span) {
      return RowFactory.create(Arrays.stream(SPAN.fieldNames()).map(span::get).toArray());
    }
    return predicted;
  }
}
