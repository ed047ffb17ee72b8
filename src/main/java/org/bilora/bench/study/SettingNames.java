package org.bilora.bench.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bilora.data.GenerationTask;
import org.bilora.train.RunJson;
import org.bilora.train.TrainingSettings;

/**
 * The names of settings: those of the fields in {@code run.json}, wherever in its {@code settings}
 * they stand ({@code learning_rate}, {@code rank}, {@code lambda}), and those of the command line's
 * options ({@code lr}, {@code max-length}). A dotted name, such as {@code method.dropout}, says
 * where it stands.
 */
final class SettingNames {
  static final ObjectMapper JSON = RunJson.mapper();

  /** Fields with fields of their own that are set as a whole. */
  private static final Set<String> WHOLE = ImmutableSet.of("hypergradient");

  /** Where a name is looked for, in that order; "" is the top. */
  private static final List<String> PLACES =
      ImmutableList.of("", "adapter", "optimizer", "execution", "method");

  /** Options of the command line whose fields are called otherwise. */
  private static final Map<String, String> OPTIONS =
      ImmutableMap.<String, String>builder()
          .put("lr", "learning_rate")
          .put("upper_lr", "upper_learning_rate")
          .put("batch", "batch_size")
          .put("warmup", "warmup_ratio")
          .put("clip", "clip_norm")
          .put("split", "lower_fraction")
          .put("last_phase", "last_phase_share")
          .put("second_stage", "second_stage_share")
          .put("adapter_dropout", "method.dropout")
          .buildOrThrow();

  /** Of generation tasks alone, and perhaps absent there; 0 stands for that. */
  static final Set<String> OF_LANGUAGE_MODELS = ImmutableSet.of("label_smoothing");

  /** Absent unless set, with the place where they stand; 0 stands for that, too. */
  static final Map<String, String> ABSENT_UNLESS_SET =
      ImmutableMap.<String, String>builder()
          .put("evaluate_every", "")
          .put("split_every_epoch", "")
          .put("selection", "")
          .put("patience", "")
          .put("batch_tokens", "")
          .put("drop_key", "")
          .put("hidden_cut", "")
          .put("kl_weight", "")
          .put("layers", "adapter")
          .put("prefix_cache", "execution")
          .put("accumulate", "execution")
          .put("recompute", "execution")
          .buildOrThrow();

  /** Set by the study itself. */
  private static final Set<String> NOT_SETTINGS = ImmutableSet.of("seed", "name");

  private SettingNames() {}

  /** The field's name that a written name means; itself when it is no option's. */
  static String canonical(String written) {
    String name = written.replace('-', '_');
    return OPTIONS.getOrDefault(name, name);
  }

  /** The object that holds a setting, and the setting's name in it; empty where there is none. */
  static Optional<Map.Entry<ObjectNode, String>> find(ObjectNode settings, String canonical) {
    int dot = canonical.indexOf('.');
    String name = canonical.substring(dot + 1);
    List<String> places = dot < 0 ? PLACES : List.of(canonical.substring(0, dot));
    for (String place : places) {
      JsonNode object = place.isEmpty() ? settings : settings.path(place);
      if (object.has(name) && isSetting(name, object.get(name))) {
        return Optional.of(Map.entry((ObjectNode) object, name));
      }
    }
    return Optional.empty();
  }

  /** A setting that is a number; empty where there is none of that name. */
  static OptionalDouble number(TrainingSettings settings, String canonical) {
    return find(JSON.valueToTree(settings), canonical)
        .map(place -> place.getKey().get(place.getValue()))
        .filter(JsonNode::isNumber)
        .map(value -> OptionalDouble.of(value.doubleValue()))
        .orElse(OptionalDouble.empty());
  }

  /** All names that some method knows. */
  static Set<String> all() {
    return All.NAMES;
  }

  /** Collected when they are first asked for. */
  private static final class All {
    static final Set<String> NAMES =
        StandardMethods.names().stream()
            .flatMap(base -> of(all(base)).stream())
            .collect(ImmutableSet.toImmutableSet());
  }

  /** The names that settings have. */
  static Set<String> of(ObjectNode settings) {
    Set<String> names = new TreeSet<>();
    for (String place : PLACES) {
      JsonNode object = place.isEmpty() ? settings : settings.path(place);
      object
          .properties()
          .forEach(
              field -> {
                if (isSetting(field.getKey(), field.getValue())) {
                  names.add(field.getKey());
                }
              });
    }
    return names;
  }

  /**
   * A standard method's defaults, with a place for every setting that it has.
   *
   * @param task the generation task, if it is one
   */
  static ObjectNode tree(String base, Optional<GenerationTask> task) {
    ObjectNode tree = JSON.valueToTree(StandardMethods.defaults(base, task));
    ABSENT_UNLESS_SET.forEach(
        (name, place) -> {
          ObjectNode object = place.isEmpty() ? tree : (ObjectNode) tree.get(place);
          if (!object.has(name)) {
            object.putNull(name);
          }
        });
    if (task.isPresent()) {
      OF_LANGUAGE_MODELS.stream().filter(name -> !tree.has(name)).forEach(tree::putNull);
    }
    return tree;
  }

  /** A tree with all settings that a standard method has on some task. */
  static ObjectNode all(String base) {
    return tree(base, Optional.of(GenerationTask.E2E));
  }

  /** A message that begins with a record's field, with the name that the field has in files. */
  static String spoken(String message) {
    if (message == null) {
      return "";
    }
    int end = message.indexOf(" is ");
    String field = end < 0 ? "" : message.substring(0, end);
    return field.matches("[a-z]+([A-Z][a-z0-9]*)+")
        ? field.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT) + message.substring(end)
        : message;
  }

  /** All ways to write a setting's name. */
  static Stream<String> written(String canonical) {
    Stream<String> names =
        Stream.concat(
            Stream.of(canonical),
            OPTIONS.entrySet().stream()
                .filter(option -> option.getValue().equals(canonical))
                .map(Map.Entry::getKey));
    return names.flatMap(name -> Stream.of(name, name.replace('_', '-'))).distinct();
  }

  private static boolean isSetting(String name, JsonNode value) {
    return !NOT_SETTINGS.contains(name) && (!value.isObject() || WHOLE.contains(name));
  }
}
