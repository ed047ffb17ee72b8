package org.bilora.bench.study;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bilora.data.GenerationTask;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;

/**
 * What a study may name as a method's base: the methods of {@link TrainingDefaults}, and variants
 * of them that studies compare with.
 */
final class StandardMethods {
  /**
   * A variant.
   *
   * @param of the method's name in {@link TrainingDefaults}
   * @param changes settings by name
   */
  private record Variant(String of, Map<String, String> changes) {}

  private static final Map<String, Variant> VARIANTS =
      ImmutableMap.<String, Variant>builder()
          .put("lora-decay", new Variant("lora", Map.of("weight_decay", "0.1")))
          .put("lora-dropout", new Variant("lora", Map.of("method.dropout", "0.1")))
          .put(
              "lora-hiddenkey", new Variant("lora", Map.of("drop_key", "0.1", "hidden_cut", "0.1")))
          .put("bilora-real", new Variant("bilora", Map.of("lambda", "real")))
          .put("bilora-binary", new Variant("bilora", Map.of("lambda", "binary")))
          .put("darts", new Variant("bilora", Map.of("hypergradient", "darts")))
          .put("betty", new Variant("bilora", Map.of("hypergradient", "betty")))
          .buildOrThrow();

  private StandardMethods() {}

  static Set<String> names() {
    return ImmutableSet.<String>builder().addAll(Methods.names()).addAll(VARIANTS.keySet()).build();
  }

  /**
   * The defaults that a standard method starts from.
   *
   * @param task the generation task, if it is one
   */
  static TrainingSettings defaults(String name, Optional<GenerationTask> task) {
    Method usual = Methods.named(VARIANTS.containsKey(name) ? VARIANTS.get(name).of() : name);
    return task.map(generation -> TrainingDefaults.settings(usual.usualForGeneration(), generation))
        .orElseGet(() -> TrainingDefaults.settings(usual));
  }

  /** What makes it differ from those defaults. */
  static Overrides overrides(String name) {
    Overrides overrides = Overrides.NONE;
    if (VARIANTS.containsKey(name)) {
      for (Map.Entry<String, String> change : VARIANTS.get(name).changes().entrySet()) {
        overrides = overrides.with(Overrides.of(change.getKey(), change.getValue()));
      }
    }
    return overrides;
  }
}
