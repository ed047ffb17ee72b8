package org.bilora.train;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Map;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;

/**
 * What a run has learnt, as numbers on the host.
 *
 * @param method how the values were trained, which says what they mean
 * @param adapter gives the scale s = alpha / rank
 * @param values under the names of {@link FineTuning#trained()}
 */
public record TrainedValues(
    Method method, AdapterSettings adapter, ImmutableMap<String, HostTensor> values) {
  private static final String LOWER = "lower/";
  private static final String UPPER = "upper/";

  /** Copies the map. */
  public static TrainedValues of(
      Method method, AdapterSettings adapter, Map<String, HostTensor> values) {
    return new TrainedValues(method, adapter, ImmutableMap.copyOf(values));
  }

  /**
   * ΔW by name of the dense layer.
   *
   * @throws IllegalArgumentException when a value that belongs to an adapter is missing; the
   *     message names it
   */
  public ImmutableMap<String, LowRankValues> increments() {
    double scale = adapter.alpha() / adapter.rank();
    ImmutableMap.Builder<String, LowRankValues> increments = ImmutableMap.builder();
    String left = method instanceof BiLora ? ".P" : ".B";
    String right = method instanceof BiLora ? ".Q" : ".A";
    for (String name : values.keySet()) {
      if (!name.startsWith(LOWER) || !name.endsWith(left)) {
        continue;
      }
      String module = name.substring(LOWER.length(), name.length() - left.length());
      double[] gains = new double[adapter.rank()];
      if (method instanceof BiLora bilora) {
        float[] lambda = bilora.lambda().values(value(UPPER + module + ".e"));
        for (int i = 0; i < gains.length; i++) {
          gains[i] = scale * lambda[i];
        }
      } else {
        Arrays.fill(gains, scale);
      }
      increments.put(module, new LowRankValues(value(name), value(LOWER + module + right), gains));
    }
    return increments.build();
  }

  /** λ by name of the dense layer; empty for a method whose adapters have no Λ. */
  public ImmutableMap<String, float[]> lambdas() {
    if (!(method instanceof BiLora bilora)) {
      return ImmutableMap.of();
    }
    ImmutableMap.Builder<String, float[]> lambdas = ImmutableMap.builder();
    for (String module : increments().keySet()) {
      lambdas.put(module, bilora.lambda().values(value(UPPER + module + ".e")));
    }
    return lambdas.buildOrThrow();
  }

  /** Trained weights of the task head, by canonical name. */
  public ImmutableMap<String, HostTensor> head() {
    ImmutableMap.Builder<String, HostTensor> head = ImmutableMap.builder();
    values.forEach(
        (name, value) -> {
          if (name.startsWith(LOWER) && (name.endsWith(".weight") || name.endsWith(".bias"))) {
            head.put(name.substring(LOWER.length()), value);
          }
        });
    return head.build();
  }

  private float[] value(String name) {
    HostTensor tensor = values.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the trained values lack the tensor " + name);
    }
    return tensor.values();
  }
}
