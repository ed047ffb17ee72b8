package org.bilora.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Decoding;
import org.bilora.bench.study.Study;
import org.bilora.data.GenerationTask;
import org.bilora.step.DeviceInfo;
import org.bilora.train.ExampleCounts;
import org.bilora.train.Provenance;
import org.bilora.train.RunJson;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainingSettings;

/** Under which conditions the results were made. */
final class Conditions {
  private static final ObjectMapper JSON = RunJson.mapper();

  /** More of a data set's files are not named one by one. */
  private static final int MOST_FILES = 6;

  /** Behind the files of a source, each in parentheses. */
  private static final Pattern WHAT_WAS_DONE = Pattern.compile("( \\([^()]*\\))+$");

  private Conditions() {}

  /** The beginning of the report: what was asked, how much of it there is, and where it ran. */
  static String introduction(StudyResults results) {
    Study study = results.study();
    StringBuilder text =
        new StringBuilder("# Study on %s%n%n".formatted(Markdown.inline(study.model())));
    study
        .description()
        .ifPresent(d -> text.append(Markdown.block(d.strip())).append("%n%n".formatted()));
    text.append(
        "%d of %d cells (task, method, seed) have a result.%s"
            .formatted(
                results.results().size(),
                results.cells().size(),
                results.results().size() < results.cells().size()
                    ? " **The study is not finished**; what is missing is left out of every table."
                    : ""));
    text.append(scoresAreOf(study));
    text.append("%n%n".formatted());
    for (String line : environment(results)) {
      text.append("- ").append(Markdown.inline(line)).append("%n".formatted());
    }
    return text.append("%n".formatted()).toString();
  }

  private static String scoresAreOf(Study study) {
    if (study.generation()) {
      if (study.decoding().isEmpty()) {
        return " Scores are of the dev split, which is D2 to methods with two levels; no texts were"
            + " written, and the test split was not looked at.";
      }
      Decoding decoding = study.decoding().get();
      String penalty =
          decoding.lengthPenalty().isPresent()
              ? Double.toString(decoding.lengthPenalty().getAsDouble())
              : "the task's own (%s)"
                  .formatted(
                      Arrays.stream(GenerationTask.values())
                          .map(task -> task.id() + " " + task.lengthPenalty())
                          .collect(Collectors.joining(", ")));
      return (" Scores are of the texts that the best epoch's values write for %s of the %s split,"
              + " with %d beams, length penalty %s, no %d-gram twice, at most %d tokens, ending"
              + " when no better text is %s. The best epoch is that of the least perplexity on the"
              + " dev split, which is D2 to methods with two levels.")
          .formatted(
              study.testInputs().isPresent()
                  ? "%d inputs, in equal steps,".formatted(study.testInputs().getAsInt())
                  : "all inputs",
              decoding.split().orElseThrow(),
              decoding.beam().orElseThrow(),
              penalty,
              decoding.noRepeatNgram().orElseThrow(),
              decoding.maxNewTokens().orElseThrow(),
              decoding.stop().orElseThrow().name().toLowerCase(Locale.ROOT));
    }
    return study.selectOn() == Study.SelectOn.TRAINING
        ? " Scores are of a held-out part of the training set; the dev split was not looked at."
        : " Scores are of the dev split, on which the best epoch is chosen, too.";
  }

  private static List<String> environment(StudyResults results) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    RunRecord any = results.results().values().iterator().next().run();
    lines.add(
        "model: %s, %s, sha256 %s"
            .formatted(any.model().name(), any.model().source(), any.model().sha256()));
    for (String task : results.tasks()) {
      Provenance provenance = results.any(task).run().provenance();
      lines.add(
          "data of %s: %s, sha256 %s"
              .formatted(task, fewFiles(provenance.dataSource()), provenance.dataSha256()));
    }
    lines.add("code: " + distinct(results, p -> "commit " + p.commit()));
    lines.add(
        "machine: "
            + distinct(
                results,
                p ->
                    "%s, %d processors, %s, Java %s, TensorFlow %s, %s"
                        .formatted(
                            p.cpu(),
                            p.processors(),
                            p.os(),
                            p.java(),
                            p.tensorflow(),
                            device(p.device()))));
    lines.add(
        "dates: "
            + results.results().values().stream()
                .map(result -> result.run().provenance().date().substring(0, 10))
                .distinct()
                .sorted()
                .collect(Collectors.joining(", ")));
    return lines.build();
  }

  /** The source of a data set of very many files, with the first and the last of them. */
  static String fewFiles(String source) {
    String files = WHAT_WAS_DONE.matcher(source).replaceFirst("");
    List<String> names = Splitter.on(", ").splitToList(files);
    return names.size() <= MOST_FILES
        ? source
        : "%d files, %s to %s%s"
            .formatted(
                names.size(),
                names.get(0),
                names.get(names.size() - 1),
                source.substring(files.length()));
  }

  private static String device(DeviceInfo device) {
    return "{%sprecision=%s, tensorflow=%s, xla=%s}"
        .formatted(
            device.gpu().map("gpu=%s, "::formatted).orElse(""),
            device.precision().name().toLowerCase(Locale.ROOT),
            device.tensorflow(),
            device.xla());
  }

  private static String distinct(StudyResults results, Function<Provenance, String> what) {
    Set<String> found = new TreeSet<>();
    for (CellResult result : results.results().values()) {
      found.add(what.apply(result.run().provenance()));
    }
    return String.join("; ", found);
  }

  /** A line per task and method: what it was trained with. */
  static Table settings(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        for (CellResult result : results.of(task, method).stream().limit(1).toList()) {
          rows.add(row(task, result.cell(), result.run()));
        }
      }
    }
    return new Table(
        "settings",
        "Settings",
        "Equal for all seeds. All of them are in report.json and in the result files.",
        List.of(
            "task",
            "method",
            "D1",
            "D2",
            "held out",
            "epochs",
            "steps",
            "batch",
            "max tokens",
            "learning rate",
            "upper rate",
            "weight decay",
            "rank",
            "method's own"),
        rows);
  }

  private static List<Object> row(String task, Cell cell, RunRecord run) {
    TrainingSettings settings = run.settings();
    ExampleCounts examples = run.examples();
    return ImmutableList.of(
        task,
        cell.method(),
        Table.figure(examples.lower(), 0),
        Table.figure(examples.upper(), 0),
        Table.figure(examples.dev(), 0),
        Table.figure(run.epochs().size(), 0),
        Table.figure(run.steps(), 0),
        settings.batchTokens().isPresent()
            ? "%d tokens".formatted(settings.batchTokens().getAsInt())
            : Table.figure(settings.batchSize(), 0),
        Table.figure(settings.maxLength(), 0),
        Double.toString(settings.optimizer().learningRate()),
        settings.method().peakUpperLearningRate().isPresent()
            ? Double.toString(settings.method().peakUpperLearningRate().getAsDouble())
            : "–",
        Double.toString(settings.optimizer().weightDecay()),
        Table.figure(settings.adapter().rank(), 0),
        own(run));
  }

  /** The method's own settings as {@code name=value}, but for those that had no effect. */
  private static String own(RunRecord run) {
    Set<String> left = new HashSet<>(Set.of("upper_learning_rate"));
    if (run.task().languageModelling()) {
      // D1 and D2 are files there, not parts of one.
      left.add("lower_fraction");
    }
    Set<String> parts = new LinkedHashSet<>();
    JSON.<JsonNode>valueToTree(run.settings().method())
        .properties()
        .forEach(
            field -> {
              if (!field.getValue().isNull() && !left.contains(field.getKey())) {
                String value =
                    field.getValue().isObject()
                        ? field.getValue().path("name").asText()
                        : field.getValue().asText();
                parts.add(field.getKey().equals("name") ? value : field.getKey() + "=" + value);
              }
            });
    return String.join(" ", parts);
  }
}
