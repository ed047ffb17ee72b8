package org.bilora.export;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;

/** Folds adapters into the weights they adapt, so that serving costs what the backbone costs. */
public final class MergedWeights {
  private MergedWeights() {}

  /**
   * W + ΔW where there is an increment, the trained head, and the backbone's own values elsewhere.
   *
   * @param backbone frozen weights by canonical name; not changed
   * @param increments ΔW by name of the dense layer
   * @param head trained head weights by canonical name; they replace the checkpoint's
   * @throws ExportRefusedException when a value is infinite or not a number; the message names the
   *     tensor
   * @throws IllegalArgumentException when an increment has no weight to go to, or another shape
   */
  public static Map<String, HostTensor> of(
      Map<String, HostTensor> backbone,
      Map<String, LowRankValues> increments,
      Map<String, HostTensor> head)
      throws ExportRefusedException {
    Map<String, HostTensor> merged = new LinkedHashMap<>(backbone);
    for (Map.Entry<String, LowRankValues> entry : increments.entrySet()) {
      String name = entry.getKey() + ".weight";
      HostTensor weight = backbone.get(name);
      LowRankValues increment = entry.getValue();
      if (weight == null) {
        throw new IllegalArgumentException(
            "an increment was trained for %s, but the backbone has no such weight".formatted(name));
      }
      if (!Arrays.equals(weight.shape(), new long[] {increment.out(), increment.in()})) {
        throw new IllegalArgumentException(
            "the increment of %s is %d × %d, the weight %s"
                .formatted(name, increment.out(), increment.in(), Arrays.toString(weight.shape())));
      }
      merged.put(name, HostTensor.of(increment.addedTo(weight.values()), weight.shape()));
    }
    merged.putAll(head);
    for (Map.Entry<String, HostTensor> entry : merged.entrySet()) {
      requireFinite(entry.getKey(), entry.getValue().values());
    }
    return ImmutableMap.copyOf(merged);
  }

  private static void requireFinite(String name, float[] values) throws ExportRefusedException {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new ExportRefusedException(
            "%s is %s at position %d after merging; nothing was exported. Train again with a lower learning rate or an earlier checkpoint"
                .formatted(name, values[i], i));
      }
    }
  }
}
