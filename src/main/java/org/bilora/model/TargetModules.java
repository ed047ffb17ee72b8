package org.bilora.model;

import com.google.common.collect.ImmutableList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bilora.settings.NamePattern;

/** Finds the dense layers that a user means. */
public final class TargetModules {
  /** All linear layers. */
  public static final String ALL = "all-linear";

  private TargetModules() {}

  /**
   * Names of a model's linear layers that match, in the order of the forward pass. GPT-2's fused
   * {@code attn.c_attn} counts as three, so {@code query} and {@code value} name slices of it.
   * {@code query}, {@code key} and {@code value} mean the layers of that role, whatever a kind
   * calls them.
   *
   * @param targets {@value #ALL}, or each a layer's last name or names ({@code query}, {@code
   *     output.dense}: both layers that end so), or a pattern with {@code *} for any characters
   *     over the whole name ({@code encoder.layer.*.attention.self.key})
   * @throws IllegalArgumentException when there is no target, or one matches nothing; the message
   *     lists what there is
   */
  public static List<String> match(PretrainedModel model, List<String> targets) {
    return match(model.linearLayers().keySet(), model.layerRoles(), targets);
  }

  /** The same for an encoder of that configuration. */
  public static List<String> match(EncoderConfig config, List<String> targets) {
    return match(config.kind().denseLayers(config).keySet(), config.kind().layerRoles(), targets);
  }

  /** The same for a decoder of that configuration. */
  public static List<String> match(DecoderConfig config, List<String> targets) {
    return match(DecoderTensors.linearLayers(config).keySet(), Map.of(), targets);
  }

  private static List<String> match(
      Set<String> layers, Map<String, String> roles, List<String> targets) {
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("no target modules given; " + choices(layers));
    }
    Set<String> found = new HashSet<>();
    for (String target : targets) {
      String name = roles.getOrDefault(target, target);
      List<String> matching =
          layers.stream()
              .filter(layer -> target.equals(ALL) || new NamePattern(name).matches(layer))
              .toList();
      if (matching.isEmpty()) {
        throw new IllegalArgumentException(
            "target module \"%s\" matches no dense layer; %s".formatted(target, choices(layers)));
      }
      found.addAll(matching);
    }
    return layers.stream().filter(found::contains).collect(ImmutableList.toImmutableList());
  }

  private static String choices(Set<String> layers) {
    return layers.stream()
        .map(
            layer ->
                layer.replaceFirst("^((?:transformer\\.|encoder\\.)?layers?|h)\\.\\d+", "$1.*"))
        .distinct()
        .collect(Collectors.joining(", ", "there are ", ""));
  }
}
