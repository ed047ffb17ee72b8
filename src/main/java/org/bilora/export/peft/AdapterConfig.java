package org.bilora.export.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What {@code adapter_config.json} says.
 *
 * @param kind of increments
 * @param base what the adapter was trained on, as its writer wrote it; may be empty
 * @param taskType {@code SEQ_CLS}, {@code CAUSAL_LM} or another of PEFT's; may be empty
 * @param sizes ranks and scales
 * @param transposed whether the base's weights are {@code [in, out]}: {@code fan_in_fan_out}
 * @param targets names, or ends of names, of the adapted layers
 * @param saved layers that are in the file as a whole: {@code modules_to_save}
 * @param dropout of an increment's inputs while training
 */
public record AdapterConfig(
    Kind kind,
    String base,
    String taskType,
    Sizes sizes,
    boolean transposed,
    List<String> targets,
    List<String> saved,
    double dropout) {
  /** The file's name. */
  public static final String FILE = "adapter_config.json";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  /** Kinds of increments. */
  public enum Kind {
    /** B A. */
    LORA,
    /** B diag(E) A. */
    ADALORA,
    /** B A, and a magnitude for every output. */
    DORA
  }

  /**
   * Ranks and scales.
   *
   * @param rank r of every layer that {@code ranks} has no other for
   * @param alpha α of every layer that {@code alphas} has no other for
   * @param rankStabilized whether the scale is α/√r in place of α/r
   * @param ranks other ranks by layer: {@code rank_pattern}
   * @param alphas other values of α by layer: {@code alpha_pattern}
   * @param kept which triplets of AdaLoRA were kept, by layer: {@code rank_pattern} there
   */
  public record Sizes(
      int rank,
      double alpha,
      boolean rankStabilized,
      Map<String, Integer> ranks,
      Map<String, Double> alphas,
      SortedMap<String, boolean[]> kept) {

    /** Copies what could change. */
    public Sizes {
      ranks = Map.copyOf(ranks);
      alphas = Map.copyOf(alphas);
      kept = new TreeMap<>(kept);
    }

    /** Of products by layer: what most have, and what others have. */
    static Sizes of(SortedMap<String, Integer> ranks, SortedMap<String, Double> alphas) {
      int rank = mostOften(ranks);
      double alpha = mostOften(alphas);
      SortedMap<String, Integer> otherRanks = new TreeMap<>(ranks);
      SortedMap<String, Double> otherAlphas = new TreeMap<>(alphas);
      otherRanks.values().removeIf(other -> other == rank);
      otherAlphas.values().removeIf(other -> other == alpha);
      return new Sizes(rank, alpha, false, otherRanks, otherAlphas, new TreeMap<>());
    }

    /** The value that most layers have; of those that are as frequent the largest. */
    public static <V extends Comparable<V>> V mostOften(Map<String, V> values) {
      return values.values().stream()
          .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
          .entrySet()
          .stream()
          .max(Map.Entry.<V, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
          .orElseThrow()
          .getKey();
    }

    /** A number without what rounding has done to a whole one. */
    public static double rounded(double value) {
      return Math.abs(value - Math.rint(value)) < 1e-12 * value ? Math.rint(value) : value;
    }

    /** Of layers that all have one rank and one α. */
    static Sizes uniform(int rank, double alpha, SortedMap<String, boolean[]> kept) {
      return new Sizes(rank, alpha, false, Map.of(), Map.of(), kept);
    }
  }

  /** Copies what could change. */
  public AdapterConfig {
    targets = List.copyOf(targets);
    saved = List.copyOf(saved);
  }

  /** What E of AdaLoRA, whose layers share it, is multiplied by: PEFT divides α by r and this. */
  public double scale() {
    return sizes.alpha() / (sizes.rank() + LayerReader.ADALORA_EPSILON);
  }

  /** The file: the fields that PEFT 0.21 needs, and no others. */
  byte[] json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("base_model_name_or_path", base);
    root.put("bias", "none");
    root.put("fan_in_fan_out", transposed);
    root.put("inference_mode", true);
    whole(root, "lora_alpha", sizes.alpha());
    root.put("lora_dropout", dropout);
    if (saved.isEmpty()) {
      root.putNull("modules_to_save");
    } else {
      strings(root.putArray("modules_to_save"), saved);
    }
    root.put("peft_type", kind == Kind.ADALORA ? "ADALORA" : "LORA");
    if (kind == Kind.ADALORA) {
      root.put("init_r", sizes.rank());
      root.put("target_r", sizes.rank());
      // What only training reads, but its reader insists on.
      root.put("total_step", 1);
      if (!sizes.kept().isEmpty()) {
        ObjectNode pattern = root.putObject("rank_pattern");
        sizes
            .kept()
            .forEach(
                (module, flags) -> {
                  ArrayNode list = pattern.putArray(module + ".lora_E");
                  for (boolean flag : flags) {
                    list.add(flag);
                  }
                });
      }
    } else {
      root.put("r", sizes.rank());
      if (!sizes.ranks().isEmpty()) {
        ObjectNode pattern = root.putObject("rank_pattern");
        sizes.ranks().forEach(pattern::put);
      }
      if (!sizes.alphas().isEmpty()) {
        ObjectNode pattern = root.putObject("alpha_pattern");
        sizes.alphas().forEach((module, alpha) -> whole(pattern, module, alpha));
      }
      root.put("use_dora", kind == Kind.DORA);
    }
    strings(root.putArray("target_modules"), targets);
    root.put("task_type", taskType);
    return write(root);
  }

  private static byte[] write(JsonNode root) {
    try {
      Object sorted = JSON.treeToValue(root, TreeMap.class);
      return JSON.writeValueAsBytes(sorted);
    } catch (com.fasterxml.jackson.core.JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A whole number without a point, as it is usually written. */
  private static void whole(ObjectNode root, String field, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      root.put(field, (long) value);
    } else {
      root.put(field, value);
    }
  }

  private static void strings(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
