package org.bilora.bench.study;

import com.google.common.collect.ImmutableMap;
import org.bilora.train.Method;
import org.bilora.train.TrainingDefaults;

/** What a study may name as a method's base: a way of training with its usual settings. */
final class StandardMethods {
  private static final ImmutableMap<String, Overrides> VARIANTS =
      ImmutableMap.<String, Overrides>builder()
          .put("lora", Overrides.NONE)
          .put("lora-decay", Overrides.of("weight_decay", "0.1"))
          .put("lora-dropout", Overrides.of("method.dropout", "0.1"))
          .put("bilora", Overrides.NONE)
          .put("bilora-real", Overrides.of("lambda", "real"))
          .put("bilora-binary", Overrides.of("lambda", "binary"))
          .put("first-order", Overrides.of("hypergradient", "first-order"))
          .put("darts", Overrides.of("hypergradient", "darts"))
          .put("betty", Overrides.of("hypergradient", "betty"))
          .buildOrThrow();

  private StandardMethods() {}

  static Iterable<String> names() {
    return VARIANTS.keySet();
  }

  static boolean known(String name) {
    return VARIANTS.containsKey(name);
  }

  /** The method whose defaults a name starts from. */
  static Method method(String name) {
    return name.startsWith("lora") ? TrainingDefaults.LORA : TrainingDefaults.BILORA;
  }

  /** What makes it differ from those defaults. */
  static Overrides overrides(String name) {
    return VARIANTS.get(name);
  }
}
