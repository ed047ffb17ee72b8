package org.bilora.bench.study;

import com.google.common.collect.ImmutableList;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.bench.study.Study.SelectOn;
import org.bilora.bench.study.Study.TaskConditions;
import org.bilora.data.GenerationTask;
import org.bilora.method.BiLora;

/** What a study's fields must be; a message says field, value and what is allowed. */
final class StudyChecks {
  /** More than that no one runs, and a slip of the pen should not fill the memory. */
  private static final long MOST_CELLS = 100_000;

  private StudyChecks() {}

  static void requireFew(Study study) {
    double cells = 0;
    for (StudyMethod method : study.methods()) {
      cells +=
          study.trials().isPresent()
              ? study.trials().getAsInt()
              : method.sweep().values().stream().mapToDouble(List::size).reduce(1, (a, b) -> a * b);
    }
    cells *= (double) study.seeds().size() * study.regimes().size();
    if (cells > MOST_CELLS) {
      throw new IllegalArgumentException(
          "the study has %.0f runs; it can have at most %d".formatted(cells, MOST_CELLS));
    }
  }

  static boolean generation(List<String> tasks) {
    return GenerationTask.withName(tasks.get(0)).isPresent();
  }

  static void requireGeneration(List<String> tasks, List<StudyMethod> methods, SelectOn selectOn) {
    for (StudyMethod method : methods) {
      if (StandardMethods.defaults(method.base().orElseThrow(), Optional.empty())
          .method()
          .trainsHeadAlone()) {
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

  static void requireNone(String field, List<?> values, List<String> tasks) {
    if (!values.isEmpty()) {
      throw new IllegalArgumentException(
          "%s is for tasks with labels, and %s has none; leave it out"
              .formatted(field, tasks.get(0)));
    }
  }

  static void requireNoTexts(boolean decoding, boolean testInputs) {
    if (decoding || testInputs) {
      throw new IllegalArgumentException(
          "%s goes with texts, and a search writes none: it compares perplexities on the dev split; leave it out"
              .formatted(decoding ? "decoding" : "test_inputs"));
    }
  }

  static void requireModel(String model) {
    if (model == null || model.isBlank()) {
      throw new IllegalArgumentException("model is missing; name a preset or a directory");
    }
    try {
      if (Path.of(model).getFileName() == null) {
        throw new IllegalArgumentException(
            "model is '%s', which is no model's directory; name a preset or a directory"
                .formatted(model));
      }
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(
          "model is '%s', which cannot be a directory (%s); name a preset or a directory"
              .formatted(model, e.getReason()),
          e);
    }
  }

  static void requireNoLength(Stream<String> named) {
    named
        .filter(name -> name.equals(Budget.EPOCHS) || name.equals(Budget.MAX_STEPS))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "the budget says when training ends; leave %s out".formatted(name));
            });
  }

  static OptionalDouble cleanShare(List<Double> labelNoise, OptionalDouble cleanShare) {
    for (double share : labelNoise) {
      if (!(share >= 0 && share < 1)) {
        throw new IllegalArgumentException(
            "label_noise is %s; it must be from 0 to below 1".formatted(share));
      }
    }
    if (labelNoise.isEmpty()) {
      if (cleanShare.isPresent()) {
        throw new IllegalArgumentException(
            "clean_share goes with label_noise, which is missing; leave it out");
      }
      return cleanShare;
    }
    double clean = cleanShare.orElse(1 - BiLora.USUAL.lowerFraction());
    if (!(clean > 0 && clean < 1)) {
      throw new IllegalArgumentException(
          "clean_share is %s; it must be above 0 and below 1".formatted(clean));
    }
    return OptionalDouble.of(clean);
  }

  static void requireNone(String field, boolean present) {
    if (present) {
      throw new IllegalArgumentException(
          field + " is for generation tasks, of which the study has none; leave it out");
    }
  }

  /** The names of all settings that are changed somewhere. */
  static Stream<String> named(
      Overrides settings, Map<String, TaskConditions> perTask, List<StudyMethod> methods) {
    return Stream.of(
            settings.values().keySet().stream(),
            perTask.values().stream().flatMap(task -> task.settings().values().keySet().stream()),
            methods.stream().flatMap(StudyMethod::named))
        .flatMap(names -> names);
  }

  /** One model cannot be an encoder and a decoder. */
  static void requireOneKind(List<String> tasks) {
    for (String task : tasks) {
      if (GenerationTask.withName(task).isPresent() != generation(tasks)) {
        throw new IllegalArgumentException(
            "tasks names %s and %s, which no model can do both; make a study of each kind"
                .formatted(tasks.get(0), task));
      }
    }
  }

  static void requireSome(String field, List<?> values) {
    if (values == null || values.isEmpty()) {
      throw new IllegalArgumentException(field + " is missing or empty; name at least one");
    }
  }

  static <T> List<T> unlike(String field, List<T> values) {
    Set<T> seen = new HashSet<>();
    for (T value : values) {
      if (!seen.add(value)) {
        throw new IllegalArgumentException("%s names %s twice".formatted(field, value));
      }
    }
    return ImmutableList.copyOf(values);
  }

  static void requireKnownTasks(String field, Set<String> named, List<String> tasks) {
    for (String task : named) {
      if (!tasks.contains(task)) {
        throw new IllegalArgumentException(
            "%s names '%s', which is no task of the study; %s"
                .formatted(field, task, NearestName.hint(task, tasks)));
      }
    }
  }

  static List<Integer> sizes(List<Integer> trainExamples) {
    if (trainExamples == null) {
      return ImmutableList.of();
    }
    trainExamples.forEach(size -> atLeastOne("train_examples", OptionalInt.of(size)));
    return unlike("train_examples", trainExamples);
  }

  static void atLeastOne(String field, OptionalInt value) {
    if (value.isPresent() && value.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "%s is %d; it must be 1 or more".formatted(field, value.getAsInt()));
    }
  }

  /** Rungs are of trials, and each has a share of a budget. */
  static void rungs(OptionalInt rungs, OptionalInt trials, Optional<Budget> budget) {
    if (rungs.isEmpty()) {
      return;
    }
    atLeastOne("rungs", rungs);
    if (trials.isEmpty() || budget.isEmpty()) {
      throw new IllegalArgumentException(
          "rungs is %d; rungs need trials, which they halve, and a budget, which they double"
              .formatted(rungs.getAsInt()));
    }
    int most = Halving.mostRungs(trials.getAsInt());
    if (rungs.getAsInt() > most) {
      throw new IllegalArgumentException(
          "rungs is %d; %d trials can be halved for %d at most"
              .formatted(rungs.getAsInt(), trials.getAsInt(), most));
    }
  }
}
