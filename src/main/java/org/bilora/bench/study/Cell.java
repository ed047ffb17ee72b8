package org.bilora.bench.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.bilora.data.GenerationTask;
import org.bilora.train.RunJson;
import org.bilora.train.TrainingSettings;

/**
 * One training run of a study, with all that decides it. The last fields are left out of JSON where
 * they are empty, so that the keys of cells that were run before there were these fields stay what
 * they were.
 *
 * @param task name
 * @param method label: a method's name, with the point of a sweep or the number of a trial behind
 * @param model as the study names it; of a directory the last name
 * @param settings seed included
 * @param trainExamples most training examples; empty for all
 * @param subsetSeed of their choice, and of the held-out part
 * @param heldOut share of the training set that serves as the dev split; empty for the task's own
 *     dev split
 * @param decoding how texts are made of a generation task's inputs; empty for other tasks and where
 *     none are
 * @param testInputs most of those inputs; empty for all
 * @param noise wrong labels; empty for none
 * @param devExamples most examples of the dev split, taken in equal steps; empty for all
 * @param seconds of steps that a budget of time gives it, whatever its settings say of epochs and
 *     steps; empty for no such budget
 */
@RecordBuilder
public record Cell(
    String task,
    String method,
    String model,
    TrainingSettings settings,
    @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt trainExamples,
    long subsetSeed,
    @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble heldOut,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Decoding> decoding,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt testInputs,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Noise> noise,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalInt.class, value = "empty")
        OptionalInt devExamples,
    @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble seconds) {
  private static final int SHORT = 12;

  /**
   * Wrong labels in D1.
   *
   * @param share of its examples
   * @param cleanShare of the training set, whose labels are right for every method: D2
   */
  public record Noise(double share, double cleanShare) {}

  /**
   * The cells of a study, seed by seed, then regime by regime.
   *
   * @throws IllegalArgumentException when a setting is out of its range; the message names method
   *     and task
   */
  public static List<Cell> of(Study study) {
    StudyChecks.requireFew(study);
    ImmutableList.Builder<Cell> cells = ImmutableList.builder();
    for (long seed : study.seeds()) {
      for (Regime regime : study.regimes()) {
        for (StudyMethod method : study.methods()) {
          List<StudyMethod.Variant> variants =
              study.trials().isPresent()
                  ? method.trials(study.trials().getAsInt(), study.trialSeed())
                  : method.points();
          for (StudyMethod.Variant variant : variants) {
            cells.add(cell(study, regime, variant, seed));
          }
        }
      }
    }
    return cells.build();
  }

  private static Cell cell(Study study, Regime regime, StudyMethod.Variant variant, long seed) {
    String task = regime.task();
    Study.TaskConditions conditions =
        study.perTask().getOrDefault(task, new Study.TaskConditions(Overrides.NONE, List.of()));
    boolean training = study.selectOn() == Study.SelectOn.TRAINING;
    return CellBuilder.builder()
        .task(task)
        .method(variant.label())
        .model(study.modelName())
        .settings(settings(study, task, conditions, variant, seed))
        .subsetSeed(study.subsetSeed())
        .trainExamples(regime.trainExamples())
        .heldOut(training ? study.heldOut() : OptionalDouble.empty())
        .decoding(
            GenerationTask.withName(task).flatMap(named -> study.decoding().map(d -> d.on(named))))
        .testInputs(study.testInputs())
        .devExamples(study.devExamples())
        .noise(
            regime.labelNoise().isPresent()
                ? Optional.of(
                    new Noise(regime.labelNoise().getAsDouble(), study.cleanShare().orElseThrow()))
                : Optional.empty())
        .seconds(study.budget().map(Budget::seconds).orElse(OptionalDouble.empty()))
        .build();
  }

  private static TrainingSettings settings(
      Study study,
      String task,
      Study.TaskConditions conditions,
      StudyMethod.Variant variant,
      long seed) {
    StudyMethod method = variant.method();
    String base = method.base().orElseThrow();
    ObjectNode tree = SettingNames.tree(base, GenerationTask.withName(task));
    try {
      StandardMethods.overrides(base).applyTo(tree);
      study.settings().applyTo(tree);
      conditions.settings().applyTo(tree);
      method.settings().applyTo(tree);
      method.perTask().getOrDefault(task, Overrides.NONE).applyTo(tree);
      variant.point().applyTo(tree);
      study
          .budget()
          .map(Budget::steps)
          .orElse(OptionalInt.empty())
          .ifPresent(steps -> Budget.take(tree, steps));
      tree.set("seed", LongNode.valueOf(seed));
      return SettingNames.JSON.treeToValue(tree, TrainingSettings.class);
    } catch (JsonProcessingException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String message =
          cause instanceof JsonProcessingException json
              ? json.getOriginalMessage().lines().findFirst().orElse("")
              : cause.getMessage();
      throw new IllegalArgumentException(
          "method %s, task %s: %s".formatted(variant.label(), task, SettingNames.spoken(message)),
          e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "method %s, task %s: %s"
              .formatted(variant.label(), task, SettingNames.spoken(e.getMessage())),
          e);
    }
  }

  /** What it is compared under. */
  public Regime regime() {
    return new Regime(
        task,
        trainExamples,
        noise.isPresent() ? OptionalDouble.of(noise.get().share()) : OptionalDouble.empty());
  }

  /** The seed of the run. */
  public long seed() {
    return settings.seed();
  }

  /** Hash of all that decides the cell, hexadecimal. */
  public String key() {
    return Hashing.sha256().hashBytes(RunJson.write(this)).toString();
  }

  /** The name of its files: readable, and different for different cells. */
  public String fileName() {
    return "%s.%s.seed-%d.%s"
        .formatted(
            task.replaceAll("[^A-Za-z0-9-]", "_"),
            method.replaceAll("[^A-Za-z0-9._=+-]", "_"),
            seed(),
            key().substring(0, SHORT));
  }

  /** What people call it. */
  public String title() {
    return "%s, %s, seed %d".formatted(regime().label(noise.isPresent()), method, seed());
  }
}
