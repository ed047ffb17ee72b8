package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.settings.LayerSelection;
import org.bilora.settings.NamePattern;
import org.bilora.settings.Range;

/**
 * Where increments go and how large they are.
 *
 * @param rank r, columns of P and rows of Q
 * @param alpha the increment is scaled by alpha / rank
 * @param targets names or patterns of the linear layers that get one, such as {@code query}
 * @param layers the model's layers whose linear layers get one; empty for all
 * @param rankPattern other ranks, by {@link NamePattern} of the linear layers; the first that
 *     matches counts
 * @param alphaPattern other alphas, likewise
 */
public record AdapterSettings(
    int rank,
    double alpha,
    List<String> targets,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<LayerSelection> layers,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_EMPTY)
        Map<String, Integer> rankPattern,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_EMPTY)
        Map<String, Double> alphaPattern) {

  /** No layer of a Transformer is larger. */
  private static final int HIGHEST_RANK = 1 << 16;

  /** Checks the ranges; whether the rank fits the matrices is known once the model is. */
  public AdapterSettings {
    Range.atLeast("rank", rank, 1);
    Range.atMost("rank", rank, HIGHEST_RANK);
    Range.positive("alpha", alpha);
    targets = ImmutableList.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("targets is empty; name at least one linear layer");
    }
    Objects.requireNonNull(layers, "layers");
    rankPattern = inOrder(rankPattern);
    alphaPattern = inOrder(alphaPattern);
    rankPattern.forEach((pattern, other) -> Range.atLeast("rank of " + pattern, other, 1));
    alphaPattern.forEach((pattern, other) -> Range.positive("alpha of " + pattern, other));
  }

  private static <V> Map<String, V> inOrder(Map<String, V> pattern) {
    return pattern == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(pattern));
  }

  /** One rank and one alpha for all. */
  public AdapterSettings(
      int rank, double alpha, List<String> targets, Optional<LayerSelection> layers) {
    this(rank, alpha, targets, layers, Map.of(), Map.of());
  }

  /** Whether all increments have one rank and one alpha. */
  public boolean uniform() {
    return rankPattern.isEmpty() && alphaPattern.isEmpty();
  }

  /** The settings of one linear layer's increment, without patterns. */
  public AdapterSettings of(String layer) {
    return new AdapterSettings(
        matching(rankPattern, layer).orElse(rank),
        matching(alphaPattern, layer).orElse(alpha),
        targets,
        layers);
  }

  private static <V> Optional<V> matching(Map<String, V> pattern, String layer) {
    return pattern.entrySet().stream()
        .filter(entry -> new NamePattern(entry.getKey()).matches(layer))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /**
   * Checks that every pattern is of some increment.
   *
   * @param adapted names of the linear layers that get one
   * @throws IllegalArgumentException naming a pattern that matches none
   */
  public void requireMatching(List<String> adapted) {
    Stream.concat(rankPattern.keySet().stream(), alphaPattern.keySet().stream())
        .filter(pattern -> adapted.stream().noneMatch(new NamePattern(pattern)::matches))
        .findFirst()
        .ifPresent(
            pattern -> {
              throw new IllegalArgumentException(
                  "the pattern '%s' matches no adapted layer; there are %s"
                      .formatted(pattern, String.join(", ", adapted)));
            });
  }

  /** The same in other layers. */
  public AdapterSettings within(Optional<LayerSelection> others) {
    return new AdapterSettings(rank, alpha, targets, others);
  }

  /** Increments in all layers of the model. */
  public AdapterSettings(int rank, double alpha, List<String> targets) {
    this(rank, alpha, targets, Optional.empty(), Map.of(), Map.of());
  }
}
