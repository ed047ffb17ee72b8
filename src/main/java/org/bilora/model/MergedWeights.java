package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;

/** Folds increments into the weights they change, so that a model costs what its backbone costs. */
final class MergedWeights {
  private MergedWeights() {}

  /** As {@link PretrainedModel#mergedWeights} promises. */
  static Map<String, HostTensor> of(
      PretrainedModel model,
      Map<String, LowRankValues> increments,
      Map<String, HostTensor> replaced) {
    Map<String, long[]> layers = model.linearLayers();
    Map<String, HostTensor> merged = new LinkedHashMap<>(model.weights());
    increments.forEach(
        (layer, increment) -> {
          long[] shape = layers.get(layer);
          if (shape == null || shape[0] != increment.out() || shape[1] != increment.in()) {
            throw new IllegalArgumentException(
                "an increment of %d × %d was trained for %s; %s"
                    .formatted(
                        increment.out(),
                        increment.in(),
                        layer,
                        shape == null
                            ? model.name() + " has no such layer"
                            : "the layer of %s is %d × %d"
                                .formatted(model.name(), shape[0], shape[1])));
          }
          model.storeLinearWeight(merged, layer, increment.addedTo(model.linearWeight(layer)));
        });
    merged.putAll(replaced);
    merged.forEach(MergedWeights::requireFinite);
    return ImmutableMap.copyOf(merged);
  }

  private static void requireFinite(String name, HostTensor tensor) {
    tensor
        .firstNonFinite()
        .ifPresent(
            i -> {
              throw new NonFiniteWeightException(
                  "%s is %s at position %d after merging; train again with a lower learning rate, or from an earlier checkpoint"
                      .formatted(name, tensor.values()[i], i));
            });
  }
}
