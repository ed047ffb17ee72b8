package org.bilora.cli;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.bilora.bench.report.StudyReport;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Overrides;
import org.bilora.bench.study.ResultStore;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.bilora.bench.study.StudyMethod;
import org.bilora.bench.study.StudyRunner;
import org.bilora.data.Tasks;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.TrainingDefaults;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora bench glue}. */
@Command(
    name = "glue",
    description = {
      "Runs a study: every method on every task with every seed, under the same conditions.",
      "Each finished cell is one file under --out. Stop it at any moment, or copy --out to another"
          + " machine, and call it again: it goes on where it was. Once all cells are there, or"
          + " the time is over, it writes a report."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} bench glue --tasks cola,rte,mrpc,stsb --methods lora,bilora --seeds 5 --model minilm-l6 --data glue --out runs/study",
      "  ${sys:bilora.command:-bilora} bench glue --study benchmarks/glue-minilm/study.yaml --max-minutes 60"
    })
final class BenchGlueCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Option(
      names = "--study",
      paramLabel = "FILE",
      description = "A study file (YAML); see benchmarks/README.md for its fields.")
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
    public java.util.Iterator<String> iterator() {
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
          "How many seeds, 1 to N (default: 3); with --study, the first N of the file's (default:"
              + " all).")
  private Integer seeds;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description = "Pretrained model: ${COMPLETION-CANDIDATES}, or a Hugging Face directory.")
  private String model;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder of the tasks' folders; with --study, instead of the file's.")
  private Path data;

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

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Results and report (default with --study: the folder results beside it).")
  private Path out;

  @Option(
      names = "--max-minutes",
      paramLabel = "N",
      description =
          "Start no cell after N minutes; call it again for the rest (default: no limit).")
  private Integer maxMinutes;

  @Option(
      names = "--report-only",
      description = "Write the report from the results that are there; run nothing.")
  private boolean reportOnly;

  @Option(names = "--png", description = "Draw the report's plots as PNG files, too.")
  private boolean png;

  @Option(
      names = "--keep-runs",
      description = "Keep the run directory of every finished cell (default: its result alone).")
  private boolean keepRuns;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    Study asked = study == null ? fromOptions() : fromFile();
    Path directory = out != null ? out : study.toAbsolutePath().getParent().resolve("results");
    List<Cell> cells = Cell.of(asked);
    if (reportOnly) {
      Map<Cell, CellResult> results = report(asked, cells, directory);
      return finish(
          new StudyRunner.Outcome(results.size(), cells.size() - results.size(), 0, false),
          directory);
    }
    StopOnSignal signal = new StopOnSignal(common.progress());
    try {
      StudyRunner.Outcome outcome = run(asked, cells, directory, signal);
      if (outcome.finished() > 0) {
        report(asked, cells, directory);
      }
      return finish(outcome, directory);
    } finally {
      signal.release();
    }
  }

  private Study fromFile() throws IOException {
    for (String option : List.of("--tasks", "--methods", "--model", "--train-examples", "--set")) {
      if (command.commandLine().getParseResult().hasMatchedOption(option)) {
        throw wrong(option + " does not go with --study; change the file, or copy it");
      }
    }
    Study read = StudyFile.read(study);
    return seeds == null
        ? read
        : read.withSeeds(
            read.seeds().subList(0, Math.min(positive("--seeds", seeds), read.seeds().size())));
  }

  private Study fromOptions() {
    require("--study, or --tasks", tasks);
    require("--methods", methods);
    require("--model", model);
    require("--out", out);
    Overrides overrides = Overrides.NONE;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      overrides = overrides.with(setting.getKey(), TextNode.valueOf(setting.getValue()));
    }
    return new Study(
        Optional.empty(),
        tasks,
        model,
        Optional.empty(),
        LongStream.rangeClosed(1, positive("--seeds", seeds == null ? 3 : seeds)).boxed().toList(),
        overrides,
        methods.stream().map(StudyMethod::standard).toList(),
        Map.of(),
        trainExamples == null
            ? OptionalInt.empty()
            : OptionalInt.of(positive("--train-examples", trainExamples)),
        0,
        Study.SelectOn.DEV,
        OptionalDouble.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        0);
  }

  private StudyRunner.Outcome run(
      Study asked, List<Cell> cells, Path directory, StopOnSignal signal) throws IOException {
    Optional<Path> folder = data != null ? Optional.of(data) : asked.data().map(Path::of);
    common.note("loading " + asked.model());
    try (PretrainedEncoder encoder = PretrainedEncoders.load(asked.model());
        StudyProgress progress =
            new StudyProgress(common.progress(), TrainingProgress.onTerminal())) {
      NativeLog.skipFirstNotesOfXla();
      StudyRunner.Sitting sitting =
          new StudyRunner.Sitting(
              Optional.ofNullable(maxMinutes)
                  .map(minutes -> Duration.ofMinutes(positive("--max-minutes", minutes))),
              keepRuns,
              TrainingDefaults.CHECKPOINTING);
      StudyRunner runner = new StudyRunner(cells, directory, sitting, progress);
      signal.by(runner::requestStop);
      return runner.run(encoder, task -> Tasks.load(task, folder));
    }
  }

  private Map<Cell, CellResult> report(Study asked, List<Cell> cells, Path directory)
      throws IOException {
    Map<Cell, CellResult> results =
        new ResultStore(directory, warning -> common.note("warning: " + warning)).read(cells);
    StudyReport report = new StudyReport(asked, cells, results, directory);
    report.write();
    if (png) {
      report.writePng();
    }
    common.note(report.overview());
    return results;
  }

  private int finish(StudyRunner.Outcome outcome, Path directory) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("out", directory.toString());
    fields.put("finished", outcome.finished());
    fields.put("left", outcome.left());
    fields.put("failed", outcome.failed());
    common.result(
        fields,
        "%,d cells finished, %,d left%s; the report is %s"
            .formatted(
                outcome.finished(),
                outcome.left(),
                outcome.failed() == 0 ? "" : " (%,d of them failed)".formatted(outcome.failed()),
                directory.resolve("report.md")));
    if (outcome.stopped()) {
      return TrainCommand.INTERRUPTED;
    }
    return outcome.failed() == 0 ? 0 : 1;
  }

  private void require(String option, Object value) {
    if (value == null) {
      throw wrong("Missing required option: " + option);
    }
  }

  private int positive(String option, int value) {
    if (value < 1) {
      throw wrong("%s is %d; it must be 1 or more".formatted(option, value));
    }
    return value;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
