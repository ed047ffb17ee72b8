package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Batches that cover a set once, sorted by length so that hardly any padding is computed. */
public final class EvaluationBatches {
  private EvaluationBatches() {}

  /**
   * The batches, each as long as its longest example; the last may have fewer rows. {@link
   * Batch#indices()} holds each example's {@link EncodedExample#index()}. A batch is made when it
   * is asked for.
   */
  public static List<Batch> of(List<EncodedExample> examples, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException(
          "batchSize is %d; it must be 1 or more".formatted(batchSize));
    }
    return Lists.transform(
        Lists.partition(byLength(examples), batchSize),
        rows -> Batch.of(rows, rows.size(), rows.get(rows.size() - 1).encoding().length()));
  }

  /**
   * Batches for a language model's loss, each with room for just its own predictions.
   *
   * @throws IllegalArgumentException when a batch cannot hold the longest example
   */
  public static List<Batch> ofSequences(List<EncodedExample> examples, BatchSize size) {
    List<EncodedExample> byLength = byLength(examples);
    List<List<EncodedExample>> batches = new ArrayList<>();
    int from = 0;
    while (from < byLength.size()) {
      int to = from + 1;
      size.rowsOf(byLength.get(from).encoding().length());
      while (to < byLength.size()
          && to - from < size.rowsOf(byLength.get(to).encoding().length())) {
        to++;
      }
      batches.add(byLength.subList(from, to));
      from = to;
    }
    return Lists.transform(
        batches,
        rows ->
            Batch.of(
                rows,
                rows.size(),
                rows.get(rows.size() - 1).encoding().length(),
                rows.stream().mapToInt(EncodedExample::predictions).sum()));
  }

  private static List<EncodedExample> byLength(List<EncodedExample> examples) {
    return ImmutableList.sortedCopyOf(
        Comparator.comparingInt(example -> example.encoding().length()), examples);
  }
}
