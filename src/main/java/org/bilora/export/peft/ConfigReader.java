package org.bilora.export.peft;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads {@code adapter_config.json}; what it does not understand exactly it refuses by name. */
final class ConfigReader {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
  private static final int MOST_RANK = 1 << 20;

  /** Fields that say nothing of what an adapter computes. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "auto_mapping",
          "peft_version",
          "revision",
          "inference_mode",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "megatron_config",
          "megatron_core",
          "loftq_config",
          "eva_config",
          "runtime_config",
          "qalora_group_size",
          "ensure_weight_tying",
          "tinit",
          "tfinal",
          "deltaT",
          "beta1",
          "beta2",
          "orth_reg_weight",
          "total_step");

  /** Fields that change what it computes in ways that are not known here, where they are set. */
  private static final List<String> REFUSED =
      List.of(
          "lora_bias",
          "trainable_token_indices",
          "layer_replication",
          "target_parameters",
          "alora_invocation_tokens",
          "use_qalora",
          "use_bdlora",
          "arrow_config",
          "kasa_config",
          "velora_config",
          "monteclora_config",
          "corda_config",
          "lora_ga_config");

  private static final Set<String> READ =
      Set.of(
          "peft_type",
          "base_model_name_or_path",
          "task_type",
          "r",
          "init_r",
          "target_r",
          "lora_alpha",
          "use_rslora",
          "use_dora",
          "fan_in_fan_out",
          "target_modules",
          "rank_pattern",
          "alpha_pattern",
          "modules_to_save",
          "lora_dropout",
          "init_lora_weights",
          "bias");

  private final Path file;
  private final JsonNode root;
  private final List<String> warnings;

  private ConfigReader(Path file, JsonNode root, List<String> warnings) {
    this.file = file;
    this.root = root;
    this.warnings = warnings;
  }

  /**
   * Reads the file of a directory.
   *
   * @param warnings gets what the user should know
   * @throws IOException when it is missing or no JSON, or has a field that is not understood
   */
  static AdapterConfig read(Path directory, List<String> warnings) throws IOException {
    Path file = directory.resolve(AdapterConfig.FILE);
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          "%s is missing; give the directory of an adapter that PEFT, or export --format peft, wrote"
              .formatted(file));
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new IOException("%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()));
    }
    if (root == null || !root.isObject()) {
      throw new IOException(file + " is not a JSON object");
    }
    return new ConfigReader(file, root, warnings).read();
  }

  private AdapterConfig read() throws IOException {
    String type = text("peft_type");
    if (!type.equals("LORA") && !type.equals("ADALORA")) {
      throw refused("peft_type", "LORA, and with use_dora DoRA, and ADALORA are read");
    }
    for (String field : REFUSED) {
      if (isSet(field)) {
        throw refused(field, "an adapter that uses it is not read");
      }
    }
    if (!List.of("", "none").contains(text("bias"))) {
      throw refused("bias", "only none is read: trained biases are not in an increment");
    }
    requireUntouchedBase();
    List<String> unknown = new ArrayList<>();
    root.fieldNames()
        .forEachRemaining(
            field -> {
              if (!READ.contains(field)
                  && !WITHOUT_EFFECT.contains(field)
                  && !REFUSED.contains(field)) {
                unknown.add(field);
              }
            });
    if (!unknown.isEmpty()) {
      warnings.add(
          "%s has fields that are not known here and are not read: %s"
              .formatted(file, String.join(", ", unknown)));
    }
    boolean triplets = type.equals("ADALORA");
    boolean magnitudes = flag("use_dora");
    if (triplets && magnitudes) {
      throw refused("use_dora", "AdaLoRA has no magnitudes");
    }
    AdapterConfig.Sizes sizes =
        new AdapterConfig.Sizes(
            triplets ? rank("init_r", 12) : rank("r", 8),
            alpha(triplets),
            flag("use_rslora"),
            triplets ? Map.of() : ranks(),
            triplets ? Map.of() : alphas(),
            triplets ? kept() : new TreeMap<>());
    return new AdapterConfig(
        triplets
            ? AdapterConfig.Kind.ADALORA
            : magnitudes ? AdapterConfig.Kind.DORA : AdapterConfig.Kind.LORA,
        text("base_model_name_or_path"),
        text("task_type"),
        sizes,
        flag("fan_in_fan_out"),
        strings("target_modules"),
        strings("modules_to_save"),
        number("lora_dropout", root.path("lora_dropout"), 0));
  }

  /** Starts that take something out of the base's weights make it another base. */
  private void requireUntouchedBase() throws IOException {
    JsonNode start = root.path("init_lora_weights");
    boolean untouched =
        !start.isTextual()
            || Set.of("gaussian", "eva", "orthogonal", "true", "false")
                .contains(start.asText().toLowerCase(java.util.Locale.ROOT));
    if (!untouched) {
      throw refused(
          "init_lora_weights",
          "it changes the base's weights; convert the adapter (save_pretrained with path_initial_model_for_weight_conversion)");
    }
  }

  private boolean isSet(String field) {
    JsonNode value = root.path(field);
    return !(value.isMissingNode()
        || value.isNull()
        || value.isBoolean() && !value.booleanValue()
        || value.isContainerNode() && value.isEmpty());
  }

  private IOException refused(String field, String what) {
    return new IOException("%s: %s is %s; %s".formatted(file, field, root.path(field), what));
  }

  private String text(String field) {
    return root.hasNonNull(field) ? root.get(field).asText() : "";
  }

  private boolean flag(String field) throws IOException {
    if (!root.hasNonNull(field)) {
      return false;
    }
    if (!root.get(field).isBoolean()) {
      throw refused(field, "it must be true or false");
    }
    return root.get(field).booleanValue();
  }

  private int rank(String field, int otherwise) throws IOException {
    return root.hasNonNull(field) ? rank(field, root.get(field)) : otherwise;
  }

  private int rank(String field, JsonNode value) throws IOException {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > MOST_RANK) {
      throw refused(field, "a rank must be a whole number from 1");
    }
    return value.intValue();
  }

  /** AdaLoRA takes its rank where α is 0; elsewhere such an adapter would change nothing. */
  private double alpha(boolean triplets) throws IOException {
    double alpha = number("lora_alpha", root.path("lora_alpha"), 8);
    if (alpha == 0 && !triplets) {
      throw refused("lora_alpha", "it must be above 0");
    }
    return alpha == 0 ? rank("init_r", 12) : alpha;
  }

  private double number(String field, JsonNode value, double otherwise) throws IOException {
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() < 0) {
      throw refused(field, "it must be a number from 0");
    }
    return value.doubleValue();
  }

  private List<String> strings(String field) {
    List<String> strings = new ArrayList<>();
    JsonNode value = root.path(field);
    if (value.isTextual()) {
      strings.add(value.asText());
    }
    value.elements().forEachRemaining(element -> strings.add(element.asText()));
    return strings;
  }

  private Map<String, Integer> ranks() throws IOException {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("rank_pattern").properties()) {
      ranks.put(entry.getKey(), rank("rank_pattern", entry.getValue()));
    }
    return ranks;
  }

  private Map<String, Double> alphas() throws IOException {
    Map<String, Double> alphas = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("alpha_pattern").properties()) {
      alphas.put(entry.getKey(), number("alpha_pattern", entry.getValue(), 0));
    }
    return alphas;
  }

  /** By layer: the keys end with the name of E, and may have an adapter's name behind it. */
  private SortedMap<String, boolean[]> kept() throws IOException {
    SortedMap<String, boolean[]> kept = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("rank_pattern").properties()) {
      int end = entry.getKey().lastIndexOf(".lora_E");
      if (end < 0 || !entry.getValue().isArray()) {
        throw refused("rank_pattern", "AdaLoRA's has a list of true and false for each lora_E");
      }
      boolean[] flags = new boolean[entry.getValue().size()];
      for (int i = 0; i < flags.length; i++) {
        flags[i] = entry.getValue().get(i).asBoolean();
      }
      kept.put(entry.getKey().substring(0, end), flags);
    }
    return kept;
  }
}
