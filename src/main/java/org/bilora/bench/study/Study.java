package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

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
 * @param trainExamples most training examples, one number or several, each of which is compared for
 *     itself; a larger set is cut to a stratified subset, the same for all methods and seeds; empty
 *     for no limit
 * @param subsetSeed of that subset and of the held-out part; 0 unless set
 * @param selectOn what the cells are evaluated on: the dev split unless set
 * @param heldOut share of the training set that serves as the dev split, where cells are evaluated
 *     on it; {@value #HELD_OUT} unless set
 * @param compare the method that every other one is tested against; the first whose name begins
 *     with {@code bilora} unless set
 * @param trials of every method, each with settings drawn from its ranges, the first one without;
 *     empty for none
 * @param trialSeed of the draws; 0 unless set
 * @param decoding how texts are made of the inputs of generation tasks, which need not be said;
 *     empty for other tasks, and for a search, which compares perplexities on the dev split
 * @param testInputs most inputs that texts are made of, taken in equal steps; empty for all
 * @param devExamples most examples of what the cells are evaluated on while they train, taken in
 *     equal steps, to tasks of texts pairs, and to those D2, too; empty for all
 * @param labelNoise shares of D1's examples whose labels are wrong, each compared for itself; empty
 *     for none
 * @param cleanShare share of the training set whose labels are right: D2, from which methods of one
 *     level learn as well; where labels are wrong BiLoRA's usual D2 unless set
 * @param budget what every run may spend; empty for the epochs of its settings
 * @param rungs of a search by successive halving: only the better half of each method's trials goes
 *     from one rung to the next, where runs spend twice as much, and those of the last rung spend
 *     the budget; empty where all trials do
 */
@RecordBuilder
public record Study(
    Optional<String> description,
    List<String> tasks,
    String model,
    Optional<String> data,
    List<Long> seeds,
    Overrides settings,
    List<StudyMethod> methods,
    @RecordBuilder.Initializer(source = Map.class, value = "of")
        Map<String, TaskConditions> perTask,
    @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @RecordBuilder.Initializer(source = List.class, value = "of")
        List<Integer> trainExamples,
    long subsetSeed,
    SelectOn selectOn,
    @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble heldOut,
    Optional<String> compare,
    @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty") OptionalInt trials,
    long trialSeed,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Decoding> decoding,
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt testInputs,
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt devExamples,
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        @RecordBuilder.Initializer(source = List.class, value = "of")
        List<Double> labelNoise,
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble cleanShare,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Budget> budget,
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt rungs) {
  private static final double HELD_OUT = 0.2;

  /** What serves as the dev split. */
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
  public record TaskConditions(
      Overrides settings,
      @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          List<Integer> trainExamples) {
    /** Fills in what a file leaves out. */
    public TaskConditions {
      settings = settings == null ? Overrides.NONE : settings;
      trainExamples = StudyChecks.sizes(trainExamples);
    }
  }

  /** Fills in what a file leaves out, and checks the rest. */
  public Study {
    StudyChecks.requireSome("tasks", tasks);
    StudyChecks.requireSome("seeds", seeds);
    StudyChecks.requireSome("methods", methods);
    StudyChecks.requireOneKind(tasks);
    StudyChecks.requireModel(model);
    tasks = StudyChecks.unlike("tasks", tasks);
    seeds = StudyChecks.unlike("seeds", seeds);
    StudyChecks.unlike("methods", methods.stream().map(StudyMethod::name).toList());
    methods = ImmutableList.copyOf(methods);
    settings = settings == null ? Overrides.NONE : settings;
    perTask = perTask == null ? ImmutableMap.of() : ImmutableMap.copyOf(perTask);
    selectOn = selectOn == null ? SelectOn.DEV : selectOn;
    trainExamples = StudyChecks.sizes(trainExamples);
    labelNoise = StudyChecks.unlike("label_noise", labelNoise == null ? List.of() : labelNoise);
    StudyChecks.atLeastOne("trials", trials);
    StudyChecks.atLeastOne("dev_examples", devExamples);
    StudyChecks.requireKnownTasks("per_task", perTask.keySet(), tasks);
    for (StudyMethod method : methods) {
      StudyChecks.requireKnownTasks(
          "per_task of method " + method.name(), method.perTask().keySet(), tasks);
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
    Set<String> names =
        methods.stream().map(StudyMethod::name).collect(ImmutableSet.toImmutableSet());
    if (compare.isPresent() && !names.contains(compare.get())) {
      throw new IllegalArgumentException(
          "compare is '%s', which is no method of the study; %s"
              .formatted(compare.get(), NearestName.hint(compare.get(), names)));
    }
    cleanShare = StudyChecks.cleanShare(labelNoise, cleanShare);
    if (trials.isPresent() && (trainExamples.size() > 1 || labelNoise.size() > 1)) {
      throw new IllegalArgumentException(
          "a search has one number of train_examples and one label_noise; make a file for each");
    }
    StudyChecks.rungs(rungs, trials, budget);
    if (budget.isPresent()) {
      StudyChecks.requireNoLength(StudyChecks.named(settings, perTask, methods));
    }
    if (StudyChecks.generation(tasks)) {
      StudyChecks.requireNone("label_noise", labelNoise, tasks);
      StudyChecks.requireGeneration(tasks, methods, selectOn);
      if (trials.isPresent()) {
        StudyChecks.requireNoTexts(decoding.isPresent(), testInputs.isPresent());
      } else {
        decoding = Optional.of(decoding.orElse(Decoding.PUBLISHED));
        StudyChecks.atLeastOne("test_inputs", testInputs);
      }
    } else {
      StudyChecks.requireNone("decoding", decoding.isPresent());
      StudyChecks.requireNone("test_inputs", testInputs.isPresent());
      for (String name : SettingNames.OF_LANGUAGE_MODELS) {
        StudyChecks.requireNone(
            name, StudyChecks.named(settings, perTask, methods).anyMatch(name::equals));
      }
    }
  }

  /** Whether texts are generated: all tasks are generation tasks, or none is. */
  public boolean generation() {
    return StudyChecks.generation(tasks);
  }

  /** What is compared for itself, task by task. */
  public List<Regime> regimes() {
    ImmutableList.Builder<Regime> regimes = ImmutableList.builder();
    for (String task : tasks) {
      for (OptionalInt size : sizesOf(task)) {
        if (labelNoise.isEmpty()) {
          regimes.add(new Regime(task, size, OptionalDouble.empty()));
        }
        for (double share : labelNoise) {
          regimes.add(
              new Regime(
                  task, size, share == 0 ? OptionalDouble.empty() : OptionalDouble.of(share)));
        }
      }
    }
    return regimes.build();
  }

  private List<OptionalInt> sizesOf(String task) {
    List<Integer> own =
        perTask.containsKey(task) ? perTask.get(task).trainExamples() : ImmutableList.of();
    List<Integer> sizes = own.isEmpty() ? trainExamples : own;
    return sizes.isEmpty()
        ? List.of(OptionalInt.empty())
        : sizes.stream().map(OptionalInt::of).toList();
  }

  /** What tables call a regime: its task, and what tells it from others of its task. */
  public String label(Regime regime) {
    return regime.label(sizesOf(regime.task()).size() > 1);
  }

  /** The model's name: of a directory the last one. */
  String modelName() {
    return Path.of(model).getFileName().toString();
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

  /** A study of the dev split and of nothing but what every study has. */
  public static Study of(
      List<String> tasks,
      String model,
      List<Long> seeds,
      Overrides settings,
      List<StudyMethod> methods) {
    return StudyBuilder.builder()
        .tasks(tasks)
        .model(model)
        .seeds(seeds)
        .settings(settings)
        .methods(methods)
        .subsetSeed(0)
        .selectOn(SelectOn.DEV)
        .trialSeed(0)
        .build();
  }

  /** The study with so many training examples at most; empty for no limit. */
  public Study withTrainExamples(List<Integer> other) {
    return StudyBuilder.builder(this).trainExamples(other).build();
  }

  /** The study with so many dev examples at most; empty for no limit. */
  public Study withDevExamples(OptionalInt other) {
    return StudyBuilder.builder(this).devExamples(other).build();
  }

  /** The study of generation tasks with texts made so. */
  public Study withTexts(Optional<Decoding> other, OptionalInt otherInputs) {
    return StudyBuilder.builder(this).decoding(other).testInputs(otherInputs).build();
  }

  /** The study with something to say of it. */
  public Study withDescription(String text) {
    return StudyBuilder.builder(this).description(Optional.of(text)).build();
  }

  /** The study with shares of wrong labels. */
  public Study withLabelNoise(List<Double> other) {
    return StudyBuilder.builder(this).labelNoise(other).cleanShare(OptionalDouble.empty()).build();
  }

  /** The study with a budget for every run. */
  public Study withBudget(Budget other) {
    return StudyBuilder.builder(this).budget(Optional.of(other)).build();
  }

  /** The study with other seeds. */
  public Study withSeeds(List<Long> other) {
    return StudyBuilder.builder(this).seeds(other).build();
  }
}
