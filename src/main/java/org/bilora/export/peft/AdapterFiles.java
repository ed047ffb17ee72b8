package org.bilora.export.peft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.PretrainedModel;
import org.bilora.train.StartAdapter;
import org.bilora.weights.AtomicFile;
import org.bilora.weights.HostTensor;
import org.bilora.weights.Safetensors;

/**
 * Writes {@code adapter_config.json} and {@code adapter_model.safetensors} as PEFT 0.21 reads them.
 *
 * <pre>
 * base_model.model.LAYER.lora_A.weight            [rank, in]    for AdaLoRA without .weight
 * base_model.model.LAYER.lora_B.weight            [out, rank]   for AdaLoRA without .weight
 * base_model.model.LAYER.lora_E                   [rank, 1]     AdaLoRA
 * base_model.model.LAYER.lora_magnitude_vector    [out]         DoRA
 * base_model.model.classifier.weight, …                         the head
 * </pre>
 */
public final class AdapterFiles {
  /** The file of tensors. */
  public static final String TENSORS = "adapter_model.safetensors";

  static final String PREFIX = StartAdapter.KEY_PREFIX;

  private AdapterFiles() {}

  /**
   * Writes the files. Layers of another rank or α than most have theirs in {@code rank_pattern} and
   * {@code alpha_pattern}; for AdaLoRA all have one, and {@code rank_pattern} says which triplets
   * are there.
   *
   * @param base that the increments were trained on
   * @param increments ΔW by canonical name of the linear layer
   * @param scales α / r by the same names, which a gain of ΔW is a multiple of
   * @param triplets whether gains are kept as AdaLoRA's E; else they go into B
   * @param saved the head's weights by canonical name
   * @param taskType PEFT's name for the task
   * @return what the configuration says
   */
  public static AdapterConfig write(
      Path directory,
      PretrainedModel base,
      Map<String, LowRankValues> increments,
      Map<String, Double> scales,
      boolean triplets,
      Map<String, HostTensor> saved,
      String taskType)
      throws IOException {
    SortedMap<String, FusedLayer> layers = FusedLayer.of(base, increments);
    boolean magnitudes =
        increments.values().stream().anyMatch(values -> values.magnitude().isPresent());
    AdapterConfig.Kind kind =
        magnitudes
            ? AdapterConfig.Kind.DORA
            : triplets ? AdapterConfig.Kind.ADALORA : AdapterConfig.Kind.LORA;
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    AdapterConfig.Sizes sizes =
        kind == AdapterConfig.Kind.ADALORA
            ? triplets(layers, scales, tensors)
            : products(layers, scales, tensors);
    if (magnitudes) {
      for (FusedLayer layer : layers.values()) {
        float[] lengths = layer.magnitude(base);
        tensors.put(
            PREFIX + layer.module() + ".lora_magnitude_vector",
            HostTensor.of(lengths, lengths.length));
      }
    }
    Map<String, HostTensor> head = base.checkpoint(saved);
    head.forEach((name, tensor) -> tensors.put(PREFIX + name, tensor));
    AdapterConfig config =
        new AdapterConfig(
            kind,
            base.name(),
            taskType,
            sizes,
            base.storesInByOut(),
            targets(base, layers.keySet()),
            modules(head.keySet(), layers.keySet()),
            0);
    AtomicFile.write(directory.resolve(AdapterConfig.FILE), config.json());
    Safetensors.write(directory.resolve(TENSORS), tensors, Map.of("format", "pt"));
    return config;
  }

  /** Puts A and B of all layers. */
  private static AdapterConfig.Sizes products(
      SortedMap<String, FusedLayer> layers,
      Map<String, Double> scales,
      SortedMap<String, HostTensor> tensors) {
    SortedMap<String, Integer> ranks = new TreeMap<>();
    SortedMap<String, Double> alphas = new TreeMap<>();
    for (FusedLayer layer : layers.values()) {
      String key = PREFIX + layer.module();
      int rank = layer.rank();
      double scale = layer.scale(scales);
      float[] left = layer.left(rank, scale);
      tensors.put(key + ".lora_A.weight", HostTensor.of(layer.right(rank), rank, layer.in()));
      tensors.put(key + ".lora_B.weight", HostTensor.of(left, left.length / rank, rank));
      ranks.put(layer.module(), rank);
      alphas.put(layer.module(), AdapterConfig.Sizes.rounded(scale * rank));
    }
    return AdapterConfig.Sizes.of(ranks, alphas);
  }

  /** Puts the triplets of all layers whose value is not 0. */
  private static AdapterConfig.Sizes triplets(
      SortedMap<String, FusedLayer> layers,
      Map<String, Double> scales,
      SortedMap<String, HostTensor> tensors) {
    int rank = layers.values().stream().mapToInt(FusedLayer::rank).max().orElseThrow();
    double scale = layers.get(layers.firstKey()).scale(scales);
    SortedMap<String, boolean[]> kept = new TreeMap<>();
    for (FusedLayer layer : layers.values()) {
      kept.put(layer.module(), triplets(PREFIX + layer.module(), layer, rank, scale, tensors));
    }
    if (kept.values().stream().allMatch(AdapterFiles::all)) {
      kept.clear();
    }
    double alpha = AdapterConfig.Sizes.rounded(scale * (rank + LayerReader.ADALORA_EPSILON));
    return AdapterConfig.Sizes.uniform(rank, alpha, kept);
  }

  /** Puts the triplets whose value is not 0, and says which. */
  private static boolean[] triplets(
      String key, FusedLayer layer, int rank, double scale, Map<String, HostTensor> tensors) {
    float[] values = layer.values(rank, scale);
    float[] right = layer.right(rank);
    float[] left = layer.left(rank, 0);
    int in = layer.in();
    int out = left.length / rank;
    boolean[] kept = new boolean[rank];
    int count = 0;
    for (int k = 0; k < rank; k++) {
      kept[k] = values[k] != 0;
      count += kept[k] ? 1 : 0;
    }
    float[] keptValues = new float[count];
    float[] keptRight = new float[count * in];
    float[] keptLeft = new float[out * count];
    int at = 0;
    for (int k = 0; k < rank; k++) {
      if (kept[k]) {
        keptValues[at] = values[k];
        System.arraycopy(right, k * in, keptRight, at * in, in);
        for (int o = 0; o < out; o++) {
          keptLeft[o * count + at] = left[o * rank + k];
        }
        at++;
      }
    }
    tensors.put(key + ".lora_A", HostTensor.of(keptRight, count, in));
    tensors.put(key + ".lora_E", HostTensor.of(keptValues, count, 1));
    tensors.put(key + ".lora_B", HostTensor.of(keptLeft, out, count));
    return kept;
  }

  private static boolean all(boolean[] flags) {
    for (boolean flag : flags) {
      if (!flag) {
        return false;
      }
    }
    return true;
  }

  /**
   * Last names where every layer of that name is adapted, as people write them; else whole ones.
   */
  private static List<String> targets(PretrainedModel base, Set<String> adapted) {
    Set<String> others = new TreeSet<>();
    base.checkpoint(base.weights()).keySet().stream()
        .map(name -> name.substring(0, Math.max(0, name.lastIndexOf('.'))))
        .filter(module -> !adapted.contains(module))
        .map(AdapterFiles::last)
        .forEach(others::add);
    Set<String> targets = new TreeSet<>();
    for (String module : adapted) {
      targets.add(others.contains(last(module)) ? module : last(module));
    }
    return new ArrayList<>(targets);
  }

  private static String last(String module) {
    return module.substring(module.lastIndexOf('.') + 1);
  }

  /** The modules that hold the head: what stands beside the encoder, or the encoder's own part. */
  private static List<String> modules(Set<String> saved, Set<String> adapted) {
    String encoder = adapted.iterator().next().replaceFirst("\\..*", "") + ".";
    Set<String> modules = new LinkedHashSet<>();
    for (String name : saved) {
      String within = name.startsWith(encoder) ? name.substring(encoder.length()) : name;
      modules.add(Arrays.asList(within.split("\\.")).get(0));
    }
    return List.copyOf(modules);
  }
}
