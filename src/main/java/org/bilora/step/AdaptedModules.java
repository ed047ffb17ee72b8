package org.bilora.step;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.bilora.method.AdapterSettings;
import org.bilora.model.PretrainedModel;
import org.bilora.model.TargetModules;

/** Finds the linear layers of a model that get an increment. */
public final class AdaptedModules {
  private AdaptedModules() {}

  /**
   * Their names, in the order of the forward pass: those that match a target and stand in one of
   * the chosen layers.
   *
   * @throws IllegalArgumentException when a target matches nothing, the model has not so many
   *     layers, or none of the targets stands in the chosen ones
   */
  public static List<String> of(PretrainedModel model, AdapterSettings settings) {
    List<String> matching = TargetModules.match(model, settings.targets());
    if (settings.layers().isEmpty()) {
      return matching;
    }
    Set<Integer> layers = settings.layers().get().of(model.layers());
    List<String> chosen =
        matching.stream()
            .filter(
                module -> {
                  OptionalInt layer = model.layerOf(module);
                  return layer.isPresent() && layers.contains(layer.getAsInt());
                })
            .toList();
    if (chosen.isEmpty()) {
      boolean shared = matching.stream().allMatch(module -> model.layerOf(module).isEmpty());
      throw new IllegalArgumentException(
          "layers is '%s', but %s; leave it out"
              .formatted(
                  settings.layers().get(),
                  shared
                      ? "none of the targets belongs to one layer of %s alone"
                          .formatted(model.name())
                      : "none of the targets stands in these layers"));
    }
    return chosen;
  }
}
