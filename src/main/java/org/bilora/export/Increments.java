package org.bilora.export;

import java.util.Map;
import org.bilora.adapter.LowRankValues;

/**
 * Trained increments before they are merged, with the numbers that other programs name beside them.
 *
 * @param byLayer ΔW by canonical name of the linear layer
 * @param scales what a λ of 1 is a gain of, α / r, by the same names
 * @param triplets whether their values are AdaLoRA's, which other programs keep apart from B
 */
public record Increments(
    Map<String, LowRankValues> byLayer, Map<String, Double> scales, boolean triplets) {

  /** Copies the maps. */
  public Increments {
    byLayer = Map.copyOf(byLayer);
    scales = Map.copyOf(scales);
  }

  /** Of a model whose weights were trained themselves. */
  public static Increments none() {
    return new Increments(Map.of(), Map.of(), false);
  }
}
