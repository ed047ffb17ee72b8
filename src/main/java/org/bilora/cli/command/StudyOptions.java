package org.bilora.cli.command;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.bilora.bench.report.StudyReport;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.Decoding;
import org.bilora.bench.study.Overrides;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.bilora.bench.study.StudyMethod;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.ModelNames;
import org.bilora.data.GenerationTask;
import org.bilora.eval.generation.Meteor;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say what a study compares, in a file or one by one, and its whole course. */
public final class StudyOptions {
  private static final int SEEDS = 3;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description = "A study file (YAML); benchmarks/README.md describes its fields.")
  private Path study;

  @Option(
      names = "--tasks",
      paramLabel = "TASK",
      split = ",",
      description = "Tasks, separated by commas, as in train --task.")
  private List<String> tasks;

  /** For the help and for completion. */
  private static final class MethodNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return StudyMethod.standardNames().iterator();
    }
  }

  @Option(
      names = "--methods",
      paramLabel = "METHOD",
      split = ",",
      completionCandidates = MethodNames.class,
      description = "Methods, with commas between: ${COMPLETION-CANDIDATES}.")
  private List<String> methods;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "Number of seeds, 1 to N (default: "
              + SEEDS
              + "); with --study, the first N of the file's (default: all).")
  private Integer seeds;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description =
          "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory, which for"
              + " generation tasks is a GPT-2's.")
  private String model;

  @Option(
      names = "--train-examples",
      paramLabel = "N",
      description =
          "Most training examples of a task; where there are more, all methods and seeds share"
              + " one subset (default: no limit).")
  private Integer trainExamples;

  @Option(
      names = "--dev-examples",
      paramLabel = "N",
      description =
          "Most examples of the dev split, or of the held-out part, taken in equal steps; of"
              + " generation tasks pairs, and D2 of methods with two levels, too (default: no"
              + " limit).")
  private Integer devExamples;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A setting of all methods that have it, by its name in run.json or as an option of train;"
              + " may be repeated (default: none).")
  private Map<String, String> settings = Map.of();

  @Mixin private StudySession session;

  @Mixin private CommonOptions common;

  /**
   * How texts are made; of a study of tasks with labels both are empty.
   *
   * @param options that say it, which do not go with a study file
   */
  public record Texts(Optional<Decoding> decoding, OptionalInt testInputs, List<String> options) {
    /** No texts are made. */
    public static final Texts NONE = new Texts(Optional.empty(), OptionalInt.empty(), List.of());
  }

  /** The study file; empty where options say what is compared. */
  Optional<Path> file() {
    return Optional.ofNullable(study);
  }

  /** How and where it is run. */
  StudySession session() {
    return session;
  }

  /** What all commands have. */
  CommonOptions common() {
    return common;
  }

  /**
   * The study that the options say, of either kind of tasks.
   *
   * @throws ParameterException when one of them is missing, or out of its range
   */
  Study fromOptions() {
    return fromOptions(Texts.NONE, tasks -> {});
  }

  /**
   * Runs what is left of the study, and writes the report.
   *
   * @param svg whether its plots are drawn as SVG files, too
   */
  public int run(Texts texts, Optional<Meteor> meteor, boolean svg) throws IOException {
    Study asked =
        study == null ? fromOptions(texts, named -> requireKind(named, texts)) : fromFile(texts);
    return session.run(
        asked,
        study,
        meteor,
        common,
        (cells, results, directory) -> {
          StudyReport report = new StudyReport(asked, cells, results, directory);
          report.write(svg);
          if (!common.json()) {
            common.note(report.overview());
          }
          return directory.resolve(StudyReport.FILE);
        });
  }

  /** The value, which must be 1 or more. */
  public OptionalInt positive(String option, Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(session.positive(option, value));
  }

  /** Refuses the options that say what is compared, beside a file that says it. */
  void refuseBesideFile() {
    refuse(
        List.of("--tasks", "--methods", "--model", "--train-examples", "--dev-examples", "--set"));
  }

  private Study fromFile(Texts texts) throws IOException {
    refuseBesideFile();
    refuse(texts.options());
    Study read = StudyFile.read(study);
    if (read.trials().isPresent()) {
      throw new IOException(study + " describes a search, having trials; use: bench tune");
    }
    requireKind(read.tasks(), texts);
    if (seeds == null) {
      return read;
    }
    int first = Math.min(session.positive("--seeds", seeds), read.seeds().size());
    return read.withSeeds(read.seeds().subList(0, first));
  }

  /** Refuses options beside a file. */
  void refuse(List<String> options) {
    for (String option : options) {
      if (command.commandLine().getParseResult().hasMatchedOption(option)) {
        throw session.wrong(option + " does not go with --study; change the file, or a copy of it");
      }
    }
  }

  private Study fromOptions(Texts texts, Consumer<List<String>> kind) {
    require("--study, or --tasks", tasks);
    require("--methods", methods);
    require("--model", model);
    kind.accept(tasks);
    int count = session.positive("--seeds", seeds == null ? SEEDS : seeds);
    try {
      Study asked = study(texts, count);
      // Settings out of their range are found here, where the options are known.
      Cell.of(asked);
      return asked;
    } catch (IllegalArgumentException e) {
      throw session.wrong(asOption(e.getMessage()));
    }
  }

  /** A message about a study's field, with the option that it was given by. */
  private static String asOption(String message) {
    String field = message.substring(0, Math.max(0, message.indexOf(' ')));
    if (List.of("tasks", "methods", "model", "seeds").contains(field)) {
      return "--" + message;
    }
    return (message.startsWith("method '") ? "--methods: " : "--set: ") + message;
  }

  private Study study(Texts texts, int count) {
    Overrides overrides = Overrides.NONE;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      overrides = overrides.with(setting.getKey(), TextNode.valueOf(setting.getValue()));
    }
    return Study.of(
            tasks,
            model,
            LongStream.rangeClosed(1, count).boxed().toList(),
            overrides,
            methods.stream().map(StudyMethod::standard).toList())
        .withTrainExamples(
            trainExamples == null
                ? List.of()
                : List.of(session.positive("--train-examples", trainExamples)))
        .withDevExamples(positive("--dev-examples", devExamples))
        .withTexts(texts.decoding(), texts.testInputs());
  }

  /** Each of the two commands is for its own kind of tasks. */
  private void requireKind(List<String> named, Texts texts) {
    boolean wanted = texts.decoding().isPresent();
    for (String task : named) {
      if (GenerationTask.withName(task).isPresent() != wanted) {
        throw new IllegalArgumentException(
            "task %s is %s generation task; use: bench %s"
                .formatted(task, wanted ? "no" : "a", wanted ? "glue" : "e2e"));
      }
    }
  }

  private void require(String option, Object value) {
    if (value == null) {
      throw session.wrong("Missing required option: " + option);
    }
  }
}
