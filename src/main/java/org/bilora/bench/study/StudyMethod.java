package org.bilora.bench.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.train.TrainingSettings;

/**
 * One of the compared methods.
 *
 * @param name its own, for tables and file names
 * @param base the standard method whose defaults it starts from; the one of its own name unless set
 * @param settings that make it differ
 * @param perTask further settings for a task, by the task's name
 * @param sweep values of settings; every combination becomes a method of its own
 * @param ranges of settings, for trials
 */
public record StudyMethod(
    String name,
    Optional<String> base,
    Overrides settings,
    Map<String, Overrides> perTask,
    Map<String, List<JsonNode>> sweep,
    Map<String, SearchRange> ranges) {
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._+-]*";

  /**
   * A method, or one point of its sweep, or one trial.
   *
   * @param label its name in tables
   * @param point settings of that point
   */
  record Variant(StudyMethod method, String label, Overrides point) {}

  /** Fills in what a file leaves out, and checks the rest. */
  public StudyMethod {
    if (name == null || !name.matches(NAME)) {
      throw new IllegalArgumentException(
          "a method's name is '%s'; it must be of letters, digits and ._+-"
              .formatted(name == null ? "" : NearestName.shortened(name)));
    }
    String standard = base.orElse(name);
    if (!StandardMethods.names().contains(standard)) {
      throw new IllegalArgumentException(
          "method '%s' starts from '%s', which is no standard method; %s"
              .formatted(
                  name,
                  NearestName.shortened(standard),
                  NearestName.hint(standard, StandardMethods.names())));
    }
    base = Optional.of(standard);
    settings = settings == null ? Overrides.NONE : settings;
    perTask = perTask == null ? ImmutableMap.of() : ImmutableMap.copyOf(perTask);
    sweep = sweep == null ? ImmutableMap.of() : ImmutableMap.copyOf(sweep);
    ranges = ranges == null ? ImmutableMap.of() : ImmutableMap.copyOf(ranges);
    ObjectNode tree = SettingNames.all(standard);
    requirePlaces(name, tree, settings);
    perTask.values().forEach(overrides -> requirePlaces(name, tree, overrides));
    for (Map.Entry<String, List<JsonNode>> values : sweep.entrySet()) {
      if (values.getValue().isEmpty()) {
        throw new IllegalArgumentException(
            "sweep of method %s has no value for %s".formatted(name, values.getKey()));
      }
      requirePlaces(name, tree, Overrides.NONE.with(values.getKey(), values.getValue().get(0)));
    }
    for (String range : ranges.keySet()) {
      requirePlaces(name, tree, Overrides.of(range, "0"));
    }
  }

  /** A standard method under its own name. */
  public static StudyMethod standard(String name) {
    return new StudyMethod(name, Optional.empty(), Overrides.NONE, Map.of(), Map.of(), Map.of());
  }

  /** Names of the standard methods. */
  public static List<String> standardNames() {
    return ImmutableList.copyOf(StandardMethods.names());
  }

  /** What settings have at the names of this method's ranges. */
  public Map<String, JsonNode> values(TrainingSettings settings) {
    ObjectNode tree = SettingNames.JSON.valueToTree(settings);
    ImmutableMap.Builder<String, JsonNode> values = ImmutableMap.builder();
    for (String range : ranges.keySet()) {
      SettingNames.find(tree, SettingNames.canonical(range))
          .ifPresent(place -> values.put(range, place.getKey().get(place.getValue())));
    }
    return values.buildOrThrow();
  }

  private static void requirePlaces(String method, ObjectNode tree, Overrides overrides) {
    overrides
        .firstWithoutPlace(tree)
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "method %s has no setting '%s'; %s"
                      .formatted(method, name, NearestName.hint(name, SettingNames.of(tree))));
            });
  }

  /** The canonical names of all settings that it changes somewhere. */
  Stream<String> named() {
    return Stream.of(
            settings.values().keySet(),
            perTask.values().stream().flatMap(task -> task.values().keySet().stream()).toList(),
            sweep.keySet().stream().map(SettingNames::canonical).toList(),
            ranges.keySet().stream().map(SettingNames::canonical).toList())
        .flatMap(Collection::stream);
  }

  /** The method itself, or all points of its sweep. */
  List<Variant> points() {
    List<Variant> points = List.of(new Variant(this, name, Overrides.NONE));
    for (Map.Entry<String, List<JsonNode>> values : sweep.entrySet()) {
      ImmutableList.Builder<Variant> longer = ImmutableList.builder();
      for (Variant point : points) {
        for (JsonNode value : values.getValue()) {
          longer.add(
              new Variant(
                  this,
                  "%s %s=%s".formatted(point.label(), values.getKey(), value.asText()),
                  point.point().with(values.getKey(), value)));
        }
      }
      points = longer.build();
    }
    return ImmutableList.copyOf(points);
  }

  /** Trials: the method as it stands, then draws, which depend on seed and names alone. */
  List<Variant> trials(int count, long seed) {
    ImmutableList.Builder<Variant> trials = ImmutableList.builder();
    trials.add(new Variant(this, name + " trial-1", Overrides.NONE));
    for (int trial = 2; trial <= count; trial++) {
      Overrides point = Overrides.NONE;
      for (Map.Entry<String, SearchRange> range : ranges.entrySet()) {
        point =
            point.with(range.getKey(), range.getValue().draw(name, range.getKey(), trial, seed));
      }
      trials.add(new Variant(this, "%s trial-%d".formatted(name, trial), point));
    }
    return trials.build();
  }
}
