package org.bilora.model;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * The layers that a forward pass goes through, counted from 0. What comes behind the last layer
 * belongs to it.
 *
 * @param from the first
 * @param to the one behind the last
 * @param states what the first one reads, {@code [rows, length, hidden]}; empty where the pass
 *     begins with the embeddings
 */
record LayerSpan<T extends TFloating>(int from, int to, Optional<Operand<T>> states) {

  /** Embeddings and that many layers. */
  static <T extends TFloating> LayerSpan<T> upTo(int layers) {
    return new LayerSpan<>(0, layers, Optional.empty());
  }
}
