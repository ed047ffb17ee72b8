package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
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
    ImmutableList<EncodedExample> byLength =
        ImmutableList.sortedCopyOf(
            Comparator.comparingInt(example -> example.encoding().length()), examples);
    return Lists.transform(
        Lists.partition(byLength, batchSize),
        rows -> Batch.of(rows, rows.size(), rows.get(rows.size() - 1).encoding().length()));
  }
}
