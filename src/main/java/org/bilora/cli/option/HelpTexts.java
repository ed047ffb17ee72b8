package org.bilora.cli.option;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.bilora.data.GenerationTask;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.settings.Knobs;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;

/**
 * What help texts quote from the lists of methods and tasks, as <code>${bundle:KEY}</code>, so that
 * a text neither forgets a new one nor repeats a default that has changed.
 */
public final class HelpTexts extends ListResourceBundle {
  /** The bundle's name. */
  public static final String NAME = "org.bilora.cli.option.HelpTexts";

  /** Names of all methods. */
  public static final String METHODS = "${bundle:methods}";

  /** Names of the generation tasks. */
  public static final String GENERATION_TASKS = "${bundle:generation.tasks}";

  /** Learning rates by method. */
  public static final String LEARNING_RATES = "${bundle:learning-rates}";

  /** Tokens of a batch, by generation task. */
  public static final String BATCH_TOKENS = "${bundle:generation.batch-tokens}";

  /** Label smoothing by generation task, where there is any. */
  public static final String LABEL_SMOOTHING = "${bundle:generation.label-smoothing}";

  /** Length penalties of beam search by generation task. */
  public static final String LENGTH_PENALTIES = "${bundle:generation.length-penalties}";

  @Override
  protected Object[][] getContents() {
    return new Object[][] {
      {"methods", String.join(", ", Methods.names())},
      {"generation.tasks", names(tasks())},
      {
        "learning-rates",
        byValue(Methods.all(), method -> rate(TrainingDefaults.optimizer(method).learningRate()))
            + "; on "
            + names(tasks())
            + " "
            + byValue(Methods.all(), method -> rate(method.usualGenerationLearningRate()))
      },
      {"generation.batch-tokens", usual(settings -> text(settings.batchTokens().orElse(0)))},
      {"generation.label-smoothing", usual(settings -> text(settings.labelSmoothing().orElse(0)))},
      {"generation.length-penalties", byValue(tasks(), task -> text(task.lengthPenalty()))},
    };
  }

  private static Map<String, GenerationTask> tasks() {
    return Arrays.stream(GenerationTask.values())
        .collect(
            Collectors.toMap(
                GenerationTask::id, Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }

  private static String usual(Function<TrainingSettings, Optional<String>> setting) {
    Method method = Methods.all().values().iterator().next();
    return byValue(tasks(), task -> setting.apply(TrainingDefaults.settings(method, task)));
  }

  private static Optional<String> text(double value) {
    return value == 0 ? Optional.empty() : Optional.of(Knobs.number(value));
  }

  private static Optional<String> rate(double value) {
    return Optional.of(Knobs.number(value));
  }

  private static String names(Map<String, ?> named) {
    return String.join(", ", named.keySet());
  }

  /**
   * Names that share a value before it, as in {@code a, b 1; c 2}; names without one are left out.
   */
  private static <T> String byValue(Map<String, T> named, Function<T, Optional<String>> value) {
    Map<String, List<String>> names = new LinkedHashMap<>();
    named.forEach(
        (name, one) ->
            value
                .apply(one)
                .ifPresent(
                    text -> names.computeIfAbsent(text, unseen -> new ArrayList<>()).add(name)));
    return names.entrySet().stream()
        .map(entry -> String.join(", ", entry.getValue()) + " " + entry.getKey())
        .collect(Collectors.joining("; "));
  }
}
