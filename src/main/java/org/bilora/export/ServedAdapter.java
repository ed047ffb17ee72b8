package org.bilora.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * One of several adapters that an export has: what requests call it, how its texts are read, and
 * what its logits stand for.
 *
 * @param name what the input {@code adapter} calls it
 * @param labels names of its logits; empty for a single score
 * @param maxTokens longest text that it was trained on; longer ones are cut there
 * @param pairs whether it was trained on pairs of texts
 */
public record ServedAdapter(
    @JsonProperty(value = "name", required = true) String name,
    @JsonProperty(value = "labels", required = true) List<String> labels,
    @JsonProperty(value = "max_tokens", required = true) int maxTokens,
    @JsonProperty(value = "pairs", required = true) boolean pairs) {
  /** Keeps a copy of the labels. */
  public ServedAdapter {
    labels = List.copyOf(labels);
  }

  /** How many logits it has. */
  int outputs() {
    return Math.max(1, labels.size());
  }
}
