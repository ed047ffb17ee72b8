package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.data.GenerationTask;
import org.bilora.method.HeadOnly;

/**
 * What is to be run, under which conditions. The fields of a study file have these names in
 * snake_case; a setting is any field of {@code settings} in {@code run.json}, by its name alone.
 * What is said nearer to a cell wins: the defaults, {@code settings}, the task's, the method's, the
 * method's for the task, the sweep's or trial's.
 *
 * @param description for the report
 * @param tasks names that {@code --task} takes
 * @param model a preset, or a directory
 * @param data folder of the tasks' folders, from where the command is called; empty for built-in
 *     tasks
 * @param seeds one run each; methods and tasks advance seed by seed
 * @param settings of all methods that have them
 * @param methods what is compared
 * @param perTask exceptions for a task, by its name
 * @param trainExamples most training examples; a larger set is cut to a stratified subset, the same
 *     for all methods and seeds; empty for no limit
 * @param subsetSeed of that subset and of the held-out part; 0 unless set
 * @param selectOn what the cells are evaluated on: the dev split unless set
 * @param heldOut share of the training set that plays dev, where cells are evaluated on it; {@value
 *     #HELD_OUT} unless set
 * @param compare the method that every other one is tested against; the first whose name begins
 *     with {@code bilora} unless set
 * @param trials of every method, each with settings drawn from its ranges, the first one without;
 *     empty for none
 * @param trialSeed of the draws; 0 unless set
 * @param decoding how texts are made of the inputs of generation tasks, which need not be said;
 *     empty for other tasks
 * @param testInputs most inputs that texts are made of, taken in equal steps; empty for all
 */
public record Study(
    Optional<String> description,
    List<String> tasks,
    String model,
    Optional<String> data,
    List<Long> seeds,
    Overrides settings,
    List<StudyMethod> methods,
    Map<String, TaskConditions> perTask,
    OptionalInt trainExamples,
    long subsetSeed,
    SelectOn selectOn,
    OptionalDouble heldOut,
    Optional<String> compare,
    OptionalInt trials,
    long trialSeed,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Decoding> decoding,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalInt testInputs) {
  private static final double HELD_OUT = 0.2;

  /** What plays dev. */
  public enum SelectOn {
    /** The task's own dev split, which is reported. */
    DEV,
    /** A part of the training set, for choosing settings: the dev split is not looked at. */
    TRAINING
  }

  /**
   * Exceptions for one task.
   *
   * @param settings for it
   * @param trainExamples as the study's
   */
  public record TaskConditions(Overrides settings, OptionalInt trainExamples) {
    /** Fills in what a file leaves out. */
    public TaskConditions {
      settings = settings == null ? Overrides.NONE : settings;
      atLeastOne("train_examples", trainExamples);
    }
  }

  /** Fills in what a file leaves out, and checks the rest. */
  public Study {
    requireSome("tasks", tasks);
    requireSome("seeds", seeds);
    requireSome("methods", methods);
    requireOneKind(tasks);
    if (model == null) {
      throw new IllegalArgumentException("model is missing; name a preset or a directory");
    }
    tasks = unlike("tasks", tasks);
    seeds = unlike("seeds", seeds);
    unlike("methods", methods.stream().map(StudyMethod::name).toList());
    methods = ImmutableList.copyOf(methods);
    settings = settings == null ? Overrides.NONE : settings;
    perTask = perTask == null ? ImmutableMap.of() : ImmutableMap.copyOf(perTask);
    selectOn = selectOn == null ? SelectOn.DEV : selectOn;
    atLeastOne("train_examples", trainExamples);
    atLeastOne("trials", trials);
    requireKnownTasks("per_task", perTask.keySet(), tasks);
    for (StudyMethod method : methods) {
      requireKnownTasks("per_task of method " + method.name(), method.perTask().keySet(), tasks);
      if (trials.isPresent() == method.ranges().isEmpty()) {
        throw new IllegalArgumentException(
            trials.isPresent()
                ? "method %s has no ranges; trials of it would all be alike"
                    .formatted(method.name())
                : "method %s has ranges, and trials is missing".formatted(method.name()));
      }
    }
    double share = heldOut.orElse(HELD_OUT);
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "held_out is %s; it must be above 0 and below 1".formatted(share));
    }
    heldOut = OptionalDouble.of(share);
    ImmutableSet<String> names =
        methods.stream().map(StudyMethod::name).collect(ImmutableSet.toImmutableSet());
    if (compare.isPresent() && !names.contains(compare.get())) {
      throw new IllegalArgumentException(
          "compare is '%s', which is no method of the study; %s"
              .formatted(compare.get(), NearestName.hint(compare.get(), names)));
    }
    if (generation(tasks)) {
      requireGeneration(tasks, methods, selectOn);
      decoding = Optional.of(decoding.orElse(Decoding.PUBLISHED));
      atLeastOne("test_inputs", testInputs);
    } else {
      requireNone("decoding", decoding.isPresent());
      requireNone("test_inputs", testInputs.isPresent());
      for (String name : SettingNames.OF_LANGUAGE_MODELS) {
        requireNone(name, named(settings, perTask, methods).anyMatch(name::equals));
      }
    }
  }

  /** Whether texts are generated: all tasks are generation tasks, or none is. */
  public boolean generation() {
    return generation(tasks);
  }

  private static boolean generation(List<String> tasks) {
    return GenerationTask.withName(tasks.get(0)).isPresent();
  }

  private static void requireGeneration(
      List<String> tasks, List<StudyMethod> methods, SelectOn selectOn) {
    for (StudyMethod method : methods) {
      if (StandardMethods.defaults(method.base().orElseThrow(), Optional.empty()).method()
          instanceof HeadOnly) {
        throw new IllegalArgumentException(
            "method %s trains a head alone, which a language model does not have; leave it out"
                .formatted(method.name()));
      }
    }
    if (selectOn == SelectOn.TRAINING) {
      throw new IllegalArgumentException(
          "select_on is training, which generation tasks cannot; leave it out");
    }
  }

  private static void requireNone(String field, boolean present) {
    if (present) {
      throw new IllegalArgumentException(
          field + " is for generation tasks, of which the study has none; leave it out");
    }
  }

  /** The names of all settings that are changed somewhere. */
  private static Stream<String> named(
      Overrides settings, Map<String, TaskConditions> perTask, List<StudyMethod> methods) {
    return Stream.of(
            settings.values().keySet().stream(),
            perTask.values().stream().flatMap(task -> task.settings().values().keySet().stream()),
            methods.stream().flatMap(StudyMethod::named))
        .flatMap(names -> names);
  }

  /** The method that every other one is tested against. */
  public String compared() {
    return compare.orElseGet(
        () ->
            methods.stream()
                .map(StudyMethod::name)
                .filter(name -> name.startsWith("bilora"))
                .findFirst()
                .orElse(methods.get(0).name()));
  }

  /** The study with other seeds. */
  public Study withSeeds(List<Long> other) {
    return new Study(
        description,
        tasks,
        model,
        data,
        other,
        settings,
        methods,
        perTask,
        trainExamples,
        subsetSeed,
        selectOn,
        heldOut,
        compare,
        trials,
        trialSeed,
        decoding,
        testInputs);
  }

  /** One model cannot be an encoder and a decoder. */
  private static void requireOneKind(List<String> tasks) {
    for (String task : tasks) {
      if (GenerationTask.withName(task).isPresent() != generation(tasks)) {
        throw new IllegalArgumentException(
            "tasks names %s and %s, which no model can do both; make a study of each kind"
                .formatted(tasks.get(0), task));
      }
    }
  }

  private static void requireSome(String field, List<?> values) {
    if (values == null || values.isEmpty()) {
      throw new IllegalArgumentException(field + " is missing or empty; name at least one");
    }
  }

  private static <T> ImmutableList<T> unlike(String field, List<T> values) {
    Set<T> seen = new HashSet<>();
    for (T value : values) {
      if (!seen.add(value)) {
        throw new IllegalArgumentException("%s names %s twice".formatted(field, value));
      }
    }
    return ImmutableList.copyOf(values);
  }

  private static void requireKnownTasks(String field, Set<String> named, List<String> tasks) {
    for (String task : named) {
      if (!tasks.contains(task)) {
        throw new IllegalArgumentException(
            "%s names '%s', which is no task of the study; %s"
                .formatted(field, task, NearestName.hint(task, tasks)));
      }
    }
  }

  private static void atLeastOne(String field, OptionalInt value) {
    if (value.isPresent() && value.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "%s is %d; it must be 1 or more".formatted(field, value.getAsInt()));
    }
  }
}
