package org.bilora.scale.spark;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.util.LongAccumulator;
import org.bilora.data.TextRows;
import org.bilora.eval.Prediction;
import org.bilora.eval.PredictionWriter;
import org.bilora.train.TrainedRun;

/** Predictions as {@code predict} writes them: a text for each chunk, a header before the first. */
final class WriteText implements FlatMapFunction<Iterator<RowChunk>, String> {
  private static final long serialVersionUID = 1;

  private final Predictor predictor;
  private final TextRows.Format format;
  private final ArrayList<String> keep;
  private final boolean probabilities;
  private final LongAccumulator count;

  WriteText(
      Predictor predictor,
      TextRows.Format format,
      List<String> keep,
      boolean probabilities,
      LongAccumulator count) {
    this.predictor = predictor;
    this.format = format;
    this.keep = new ArrayList<>(keep);
    this.probabilities = probabilities;
    this.count = count;
  }

  @Override
  public Iterator<String> call(Iterator<RowChunk> chunks) throws IOException {
    TrainedRun trained = predictor.open();
    StringWriter text = new StringWriter();
    PredictionWriter writer =
        new PredictionWriter(text, format, trained.task(), keep, probabilities);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return chunks.hasNext();
      }

      @Override
      public String next() {
        RowChunk chunk = chunks.next();
        List<Prediction> predictions = Predictor.predict(trained, chunk);
        try {
          for (int i = 0; i < predictions.size(); i++) {
            writer.write(chunk.rows().get(i).textRow(), predictions.get(i));
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        count.add(predictions.size());
        // Whoever writes it to a file adds the last line's end.
        String whole = text.toString();
        text.getBuffer().setLength(0);
        return whole.substring(0, whole.length() - 1);
      }
    };
  }
}
