package org.bilora.export;

import java.util.Map;
import org.bilora.adapter.LowRankValues;

/**
 * Trained increments before they are merged, with the numbers that other programs name beside them.
 *
 * @param byLayer ΔW by canonical name of the linear layer
 * @param rank r that all of them were trained with
 * @param alpha LoRA's α: a gain of α / r is a λ of 1
 * @param triplets whether their values are AdaLoRA's, which other programs keep apart from B
 */
public record Increments(
    Map<String, LowRankValues> byLayer, int rank, double alpha, boolean triplets) {

  /** Copies the map. */
  public Increments {
    byLayer = Map.copyOf(byLayer);
  }

  /** Of a model whose weights were trained themselves. */
  public static Increments none() {
    return new Increments(Map.of(), 0, 0, false);
  }
}
