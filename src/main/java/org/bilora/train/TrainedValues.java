package org.bilora.train;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.LowRankValues;
import org.bilora.bilevel.Level;
import org.bilora.method.AdapterForm;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Method;
import org.bilora.method.ParameterName;
import org.bilora.step.FineTuning;
import org.bilora.weights.HostTensor;

/**
 * What a run has learnt, as numbers on the host.
 *
 * @param method how the values were trained, which says what they mean
 * @param adapter gives the scale s = alpha / rank
 * @param values under the names of {@link FineTuning#trained()}
 */
public record TrainedValues(
    Method method, AdapterSettings adapter, Map<String, HostTensor> values) {
  /** Keeps copies of the collections. */
  public TrainedValues {
    values = ImmutableMap.copyOf(values);
  }

  /** Copies the map. */
  public static TrainedValues of(
      Method method, AdapterSettings adapter, Map<String, HostTensor> values) {
    return new TrainedValues(method, adapter, ImmutableMap.copyOf(values));
  }

  /** What an adapted layer has; empty for a method without increments. */
  public Optional<AdapterForm> form() {
    return method.adapterForm(adapter);
  }

  /**
   * ΔW by name of the dense layer.
   *
   * @throws IllegalArgumentException when a value that belongs to an adapter is missing; the
   *     message names it
   */
  public Map<String, LowRankValues> increments() {
    ImmutableMap.Builder<String, LowRankValues> increments = ImmutableMap.builder();
    form()
        .ifPresent(
            form ->
                modules(form)
                    .forEach(
                        module ->
                            increments.put(module, formOf(module).increment(module, this::value))));
    return increments.build();
  }

  /** λ by name of the dense layer; empty for a method whose adapters have no Λ. */
  public Map<String, float[]> lambdas() {
    ImmutableMap.Builder<String, float[]> lambdas = ImmutableMap.builder();
    form()
        .ifPresent(
            form ->
                modules(form)
                    .forEach(
                        module ->
                            formOf(module)
                                .lambda(module, this::value)
                                .ifPresent(lambda -> lambdas.put(module, lambda))));
    return lambdas.build();
  }

  /** s = α / r of a layer: its gains are multiples of it. */
  public double scale(String module) {
    return adapter.of(module).alpha() / formOf(module).rank();
  }

  /** The left matrix of a layer among the values. */
  String leftName(String module) {
    return AdapterForm.lower(module, formOf(module).left()).tensorName();
  }

  private AdapterForm formOf(String module) {
    return method.adapterForm(adapter.of(module)).orElseThrow();
  }

  private List<String> modules(AdapterForm form) {
    return values.keySet().stream()
        .map(ParameterName::parse)
        .flatMap(Optional::stream)
        .filter(name -> name.role() == form.left())
        .map(ParameterName::module)
        .toList();
  }

  /**
   * Weights that were trained themselves, by canonical name: the task head's, and for full
   * fine-tuning the backbone's too. They replace the checkpoint's.
   */
  public Map<String, HostTensor> head() {
    ImmutableMap.Builder<String, HostTensor> head = ImmutableMap.builder();
    values.forEach(
        (name, value) -> {
          String lower = Level.LOWER.prefix();
          if (name.startsWith(lower) && (name.endsWith(".weight") || name.endsWith(".bias"))) {
            head.put(name.substring(lower.length()), value);
          }
        });
    return head.build();
  }

  private float[] value(ParameterName name) {
    HostTensor tensor = values.get(name.tensorName());
    if (tensor == null) {
      throw new IllegalArgumentException("the trained values lack the tensor " + name.tensorName());
    }
    return tensor.values();
  }
}
