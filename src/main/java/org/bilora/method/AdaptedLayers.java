package org.bilora.method;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bilora.autodiff.ParameterGroup;

/**
 * The adapted layers of a model and where their parameters stand.
 *
 * @param modules names of the layers
 * @param settings their rank and scale
 * @param lower V, the head's parameters among them
 * @param lowerNames what the parameters of V are; those that are none of an adapter are not in it
 */
public record AdaptedLayers(
    List<String> modules,
    AdapterSettings settings,
    ParameterGroup lower,
    Map<String, ParameterName> lowerNames) {

  /** Rank of each layer's increment. */
  IntStream ranks() {
    return modules.stream().mapToInt(module -> settings.of(module).rank());
  }

  /** What the i-th parameter of V is; empty for one that is none of an adapter. */
  Optional<ParameterName> lowerName(int i) {
    return Optional.ofNullable(lowerNames.get(lower.parameters().get(i).name()));
  }
}
