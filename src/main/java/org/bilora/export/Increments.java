package org.bilora.export;

import com.google.common.collect.ImmutableMap;
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
    ImmutableMap<String, LowRankValues> byLayer, int rank, double alpha, boolean triplets) {

  /** Copies the map. */
  public static Increments of(
      Map<String, LowRankValues> byLayer, int rank, double alpha, boolean triplets) {
    return new Increments(ImmutableMap.copyOf(byLayer), rank, alpha, triplets);
  }

  /** Of a model whose weights were trained themselves. */
  public static Increments none() {
    return new Increments(ImmutableMap.of(), 0, 0, false);
  }
}
