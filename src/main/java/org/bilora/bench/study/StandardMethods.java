package org.bilora.bench.study;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import org.bilora.train.Method;
import org.bilora.train.TrainingDefaults;

/** What a study may name as a method's base: a way of training with its usual settings. */
final class StandardMethods {
  /**
   * A standard method.
   *
   * @param method whose defaults it starts from
   * @param changes what makes it differ from them, by name
   */
  private record Standard(Method method, Map<String, String> changes) {
    Standard(Method method) {
      this(method, Map.of());
    }
  }

  private static final ImmutableMap<String, Standard> METHODS =
      ImmutableMap.<String, Standard>builder()
          .put("full", new Standard(TrainingDefaults.FULL))
          .put("head", new Standard(TrainingDefaults.HEAD))
          .put("lora", new Standard(TrainingDefaults.LORA))
          .put("lora-decay", new Standard(TrainingDefaults.LORA, Map.of("weight_decay", "0.1")))
          .put("lora-dropout", new Standard(TrainingDefaults.LORA, Map.of("method.dropout", "0.1")))
          .put("bilora", new Standard(TrainingDefaults.BILORA))
          .put("bilora-real", new Standard(TrainingDefaults.BILORA, Map.of("lambda", "real")))
          .put("bilora-binary", new Standard(TrainingDefaults.BILORA, Map.of("lambda", "binary")))
          .put("joint", new Standard(TrainingDefaults.JOINT))
          .put("two-stage", new Standard(TrainingDefaults.TWO_STAGE))
          .put("first-order", hypergradient("first-order"))
          .put("darts", hypergradient("darts"))
          .put("betty", hypergradient("betty"))
          .buildOrThrow();

  private StandardMethods() {}

  private static Standard hypergradient(String id) {
    return new Standard(TrainingDefaults.BILORA, Map.of("hypergradient", id));
  }

  static ImmutableSet<String> names() {
    return METHODS.keySet();
  }

  /** The method whose defaults a standard method starts from. */
  static Method method(String name) {
    return METHODS.get(name).method();
  }

  /** What makes it differ from those defaults. */
  static Overrides overrides(String name) {
    Overrides overrides = Overrides.NONE;
    for (Map.Entry<String, String> change : METHODS.get(name).changes().entrySet()) {
      overrides = overrides.with(Overrides.of(change.getKey(), change.getValue()));
    }
    return overrides;
  }
}
