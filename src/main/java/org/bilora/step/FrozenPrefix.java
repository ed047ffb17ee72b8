package org.bilora.step;

import java.util.List;
import java.util.Objects;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.model.PretrainedModel;

/**
 * The layers of a model below all that is trained: their output is the same at every step, so it is
 * computed once for each text. There is no dropout in them.
 *
 * @param layers how many, embeddings included
 * @param states behind the last of them
 */
public record FrozenPrefix(int layers, PrefixStates states) {

  /** Checks the range. */
  public FrozenPrefix {
    Objects.requireNonNull(states, "states");
    if (layers < 1) {
      throw new IllegalArgumentException("layers is %d; it must be 1 or more".formatted(layers));
    }
  }

  /**
   * Layers below all that a method trains: those below the lowest adapted linear layer, or all of
   * them for a method that trains the head alone.
   *
   * @param modules names of the linear layers to adapt
   */
  public static int depth(
      PretrainedModel model, Method method, AdapterSettings settings, List<String> modules) {
    if (method.trains() == Method.Trains.EVERY_WEIGHT) {
      return 0;
    }
    if (method.adapterForm(settings).isEmpty()) {
      return model.layers();
    }
    return modules.stream()
        .mapToInt(module -> model.layerOf(module).orElse(0))
        .min()
        .orElse(model.layers());
  }
}
