package org.bilora.step;

import org.bilora.data.Batch;

/** The hidden states of texts behind a model's frozen lower layers. */
public interface PrefixStates {

  /** Values per token. */
  int width();

  /**
   * The states of a batch's texts, 0 at padding.
   *
   * @return {@code [rows, length, width]}, row-major
   * @throws IllegalArgumentException when a text is not among those that are known
   */
  float[] of(Batch batch);
}
