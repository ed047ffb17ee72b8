package org.bilora.cli;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.bilora.bench.report.StudyReport;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.Overrides;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.bilora.bench.study.StudyMethod;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bilora bench glue}. */
@Command(
    name = "glue",
    description = {
      "Runs a study: every method on every task with every seed, under the same conditions.",
      "Each finished cell is one file under --out. Stop it at any moment, or copy --out to another"
          + " machine, and call it again: it goes on where it was. Then it writes a report of the"
          + " cells that are finished."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} bench glue --tasks cola,rte,mrpc,stsb --methods lora,bilora --seeds 5 --model minilm-l6 --data glue --out runs/study",
      "  ${sys:bilora.command:-bilora} bench glue --study benchmarks/glue-minilm/study.yaml --max-minutes 60",
      "  ${sys:bilora.command:-bilora} bench glue --study benchmarks/glue-minilm/study.yaml --report-only"
    })
final class BenchGlueCommand implements Callable<Integer> {
  private static final int SEEDS = 3;

  @Spec private CommandSpec command;

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description = "A study file (YAML); benchmarks/README.md tells its fields.")
  private Path study;

  @Option(
      names = "--tasks",
      paramLabel = "TASK",
      split = ",",
      description = "Tasks, with commas between, as --task of train takes them.")
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
          "How many seeds, 1 to N (default: "
              + SEEDS
              + "); with --study, the first N of the file's (default: all).")
  private Integer seeds;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description = "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory.")
  private String model;

  @Option(
      names = "--train-examples",
      paramLabel = "N",
      description =
          "Most training examples of a task; more are cut to a stratified subset, the same for all"
              + " (default: no limit).")
  private Integer trainExamples;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "A setting of all methods that have it, by its name in run.json or as an option of train;"
              + " may be repeated (default: none).")
  private Map<String, String> settings = Map.of();

  @Option(names = "--svg", description = "Draw the report's plots as SVG files, too.")
  private boolean svg;

  @Mixin private StudySitting sitting;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    Study asked = study == null ? fromOptions() : fromFile();
    Path directory = sitting.directory(study);
    List<Cell> cells = Cell.of(asked);
    return sitting.run(
        asked,
        cells,
        directory,
        common,
        results -> {
          StudyReport report = new StudyReport(asked, cells, results, directory);
          report.write(svg);
          if (!common.json()) {
            common.note(report.overview());
          }
          return directory.resolve(StudyReport.FILE);
        });
  }

  private Study fromFile() throws IOException {
    for (String option : List.of("--tasks", "--methods", "--model", "--train-examples", "--set")) {
      if (command.commandLine().getParseResult().hasMatchedOption(option)) {
        throw sitting.wrong(option + " does not go with --study; change the file, or a copy of it");
      }
    }
    Study read = StudyFile.read(study);
    if (read.trials().isPresent()) {
      throw new IOException(study + " describes a search, having trials; use: bench search");
    }
    if (seeds == null) {
      return read;
    }
    int first = Math.min(sitting.positive("--seeds", seeds), read.seeds().size());
    return read.withSeeds(read.seeds().subList(0, first));
  }

  private Study fromOptions() {
    require("--study, or --tasks", tasks);
    require("--methods", methods);
    require("--model", model);
    int count = sitting.positive("--seeds", seeds == null ? SEEDS : seeds);
    Overrides overrides = Overrides.NONE;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      overrides = overrides.with(setting.getKey(), TextNode.valueOf(setting.getValue()));
    }
    return new Study(
        Optional.empty(),
        tasks,
        model,
        Optional.empty(),
        LongStream.rangeClosed(1, count).boxed().toList(),
        overrides,
        methods.stream().map(StudyMethod::standard).toList(),
        Map.of(),
        trainExamples == null
            ? OptionalInt.empty()
            : OptionalInt.of(sitting.positive("--train-examples", trainExamples)),
        0,
        Study.SelectOn.DEV,
        OptionalDouble.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        0);
  }

  private void require(String option, Object value) {
    if (value == null) {
      throw sitting.wrong("Missing required option: " + option);
    }
  }
}
