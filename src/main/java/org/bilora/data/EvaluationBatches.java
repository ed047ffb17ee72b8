package org.bilora.data;

import java.util.List;

/** Batches that cover a set once, sorted by length so that hardly any padding is computed. */
public final class EvaluationBatches {
  private EvaluationBatches() {}

  /** The batches; {@link Batch#indices()} holds each example's {@link EncodedExample#index()}. */
  public static List<Batch> of(List<EncodedExample> examples, int batchSize) {
    throw new UnsupportedOperationException();
  }
}
