package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bilora.settings.LayerSelection;
import org.bilora.settings.Range;

/**
 * Where increments go and how large they are.
 *
 * @param rank r, columns of P and rows of Q
 * @param alpha the increment is scaled by alpha / rank
 * @param targets names or patterns of the linear layers that get one, such as {@code query}
 * @param layers the model's layers whose linear layers get one; empty for all
 */
public record AdapterSettings(
    int rank,
    double alpha,
    List<String> targets,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<LayerSelection> layers) {

  /** Checks the ranges; whether the rank fits the matrices is known once the model is. */
  public AdapterSettings {
    Range.atLeast("rank", rank, 1);
    Range.positive("alpha", alpha);
    targets = ImmutableList.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("targets is empty; name at least one linear layer");
    }
    Objects.requireNonNull(layers, "layers");
  }

  /** The same in other layers. */
  public AdapterSettings within(Optional<LayerSelection> others) {
    return new AdapterSettings(rank, alpha, targets, others);
  }

  /** Increments in all layers of the model. */
  public AdapterSettings(int rank, double alpha, List<String> targets) {
    this(rank, alpha, targets, Optional.empty());
  }
}
