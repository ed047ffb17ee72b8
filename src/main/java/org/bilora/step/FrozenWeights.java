package org.bilora.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bilora.graph.ResourceVariable;
import org.bilora.model.PretrainedModel;
import org.bilora.model.Weights;
import org.bilora.weights.HostTensor;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * The weights that are not trained, as variables of one process.
 *
 * @param <T> type on the device
 */
final class FrozenWeights<T extends TFloating> {
  /** Most values that one run sends: TensorFlow's messages between processes end at 2 GB. */
  private static final long MOST_VALUES = 1L << 27;

  private final PretrainedModel model;
  private final Class<T> type;
  private final Map<String, ResourceVariable<T>> variables = new LinkedHashMap<>();

  /**
   * Declares them; they have no values until {@link #load}.
   *
   * @param tf builds where they are
   * @param frozen tells them by name
   */
  FrozenWeights(Ops tf, PretrainedModel model, Predicate<String> frozen, Class<T> type) {
    this.model = model;
    this.type = type;
    model
        .weights()
        .forEach(
            (name, value) -> {
              if (frozen.test(name)) {
                variables.put(
                    name,
                    new ResourceVariable<>(tf, "frozen/" + name, type, Shape.of(value.shape())));
              }
            });
  }

  /** Type on the device. */
  Class<T> type() {
    return type;
  }

  /** Their values before the first step, with those of other variables in the same run. */
  void load(Session session, Map<ResourceVariable<?>, float[]> others) {
    Map<ResourceVariable<?>, float[]> values = new HashMap<>(others);
    long size = 0;
    for (Map.Entry<String, ResourceVariable<T>> entry : variables.entrySet()) {
      float[] own = model.weights().get(entry.getKey()).values();
      if (size > 0 && size + own.length > MOST_VALUES) {
        ResourceVariable.assign(session, values);
        values.clear();
        size = 0;
      }
      values.put(entry.getValue(), own);
      size += own.length;
    }
    ResourceVariable.assign(session, values);
  }

  /**
   * As a forward pass takes them.
   *
   * @param value how a variable is read
   */
  Weights<T> read(Function<ResourceVariable<T>, Operand<T>> value) {
    Map<String, Operand<T>> values = new HashMap<>();
    variables.forEach((name, variable) -> values.put(name, value.apply(variable)));
    return name -> {
      Operand<T> found = values.get(name);
      if (found == null) {
        throw new IllegalArgumentException(
            "%s has no weight named %s".formatted(model.name(), name));
      }
      return found;
    };
  }

  /** Hash of their values in the session now, hexadecimal. */
  String sha256(Session session) {
    List<float[]> read = ResourceVariable.read(session, new ArrayList<>(variables.values()));
    Map<String, HostTensor> values = new HashMap<>();
    int next = 0;
    for (Map.Entry<String, ResourceVariable<T>> entry : variables.entrySet()) {
      long[] shape = entry.getValue().shape().asArray();
      values.put(entry.getKey(), HostTensor.of(read.get(next++), shape));
    }
    return NetworkFineTuning.sha256(values);
  }
}
