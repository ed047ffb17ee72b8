package org.bilora.cli.command;

import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.bench.study.BedSource;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellExecution;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.LanedCells;
import org.bilora.bench.study.ResultStore;
import org.bilora.bench.study.SideBySide;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyRunner;
import org.bilora.bench.study.TestBed;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.CompilationCache;
import org.bilora.cli.progress.NativeLog;
import org.bilora.cli.progress.StopOnSignal;
import org.bilora.cli.progress.StudyProgress;
import org.bilora.cli.progress.TrainingProgress;
import org.bilora.eval.generation.Meteor;
import org.bilora.train.TrainingDefaults;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say where and for how long the cells of a study are run, and the running. */
public final class StudySession {
  /** Cells that are run one after the other because which come next depends on results. */
  interface Stages {
    /** How many there are. */
    int count();

    /**
     * The cells of a stage.
     *
     * @param stage from 0
     * @param before results of the stage before; none for the first
     */
    List<Cell> cells(int stage, Map<Cell, CellResult> before);

    /** One stage with all cells of a study. */
    static Stages of(Study study) {
      List<Cell> all = Cell.of(study);
      return new Stages() {
        @Override
        public int count() {
          return 1;
        }

        @Override
        public List<Cell> cells(int stage, Map<Cell, CellResult> before) {
          return all;
        }
      };
    }
  }

  /** Writes what is to be read of the results, and returns its main file. */
  @FunctionalInterface
  interface Report {
    Path write(List<Cell> cells, Map<Cell, CellResult> results, Path directory) throws IOException;
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the tasks' folders, or of one task's files; with --study, instead of the"
              + " file's.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Results and report (default with --study: the folder results beside it).")
  private Path out;

  @Option(
      names = "--max-minutes",
      paramLabel = "N",
      description =
          "Start no cell after N minutes; run the command again for the rest (default: no limit).")
  private Integer maxMinutes;

  @Option(
      names = "--report-only",
      description = "Write the report from the results so far; run nothing.")
  private boolean reportOnly;

  @Option(
      names = "--keep-runs",
      description = "Keep the run directory of every finished cell (default: its result alone).")
  private boolean keepRuns;

  private CellExecution execution = CellExecution.HERE;

  /**
   * Has small cells computed side by side.
   *
   * @param lanes as the user said it; empty where nothing is said
   */
  void inLanes(Optional<SideBySide> lanes) {
    if (lanes.isPresent() && execution != CellExecution.HERE) {
      throw wrong("--lanes has cells share steps in this process, not on Spark; leave it out");
    }
    lanes.ifPresent(how -> execution = new LanedCells(how));
  }

  /** Has the cells computed elsewhere than in this process. */
  void by(CellExecution other) {
    execution = other;
  }

  /**
   * Where results go.
   *
   * @param study the study file; null when there is none
   */
  private Path directory(Path study) {
    if (out != null) {
      return out;
    }
    if (study == null) {
      throw wrong("Missing required option: '--out'");
    }
    return study.toAbsolutePath().getParent().resolve("results");
  }

  /**
   * Runs what is left of a study, as {@link #run(Study, Stages, Path, Optional, CommonOptions,
   * Report)}.
   */
  public int run(
      Study study, Path file, Optional<Meteor> meteor, CommonOptions common, Report report)
      throws IOException {
    return run(study, Stages.of(study), file, meteor, common, report);
  }

  /**
   * Runs what is left of a study, writes the report and prints the result.
   *
   * @param stages the cells
   * @param file the study file; null when there is none
   * @param meteor to score texts with, if there is one
   */
  int run(
      Study study,
      Stages stages,
      Path file,
      Optional<Meteor> meteor,
      CommonOptions common,
      Report report)
      throws IOException {
    Path directory = directory(file);
    if (reportOnly) {
      return report(stages, directory, common, report);
    }
    StopOnSignal signal = new StopOnSignal(common.progress());
    try {
      StudyRunner.Summary outcome = run(study, stages, directory, meteor, common, signal);
      Path written = directory;
      if (outcome.finished() > 0) {
        Reached reached = reached(stages, directory, common);
        written = report.write(reached.cells(), reached.results(), directory);
      }
      return finish(outcome, written, common);
    } finally {
      signal.release();
    }
  }

  private static int report(Stages stages, Path directory, CommonOptions common, Report report)
      throws IOException {
    Reached reached = reached(stages, directory, common);
    int finished = reached.results().size();
    return finish(
        new StudyRunner.Summary(finished, reached.cells().size() - finished, 0, false),
        report.write(reached.cells(), reached.results(), directory),
        common);
  }

  /** The cells of all stages that were reached, and their results. */
  private record Reached(List<Cell> cells, Map<Cell, CellResult> results) {}

  private static Reached reached(Stages stages, Path directory, CommonOptions common)
      throws IOException {
    List<Cell> cells = new ArrayList<>();
    Map<Cell, CellResult> results = new LinkedHashMap<>();
    Map<Cell, CellResult> before = Map.of();
    for (int stage = 0; stage < stages.count() && (stage == 0 || !before.isEmpty()); stage++) {
      List<Cell> next = stages.cells(stage, before);
      before = read(next, directory, common);
      cells.addAll(next);
      results.putAll(before);
    }
    return new Reached(cells, results);
  }

  private static Map<Cell, CellResult> read(List<Cell> cells, Path directory, CommonOptions common)
      throws IOException {
    return new ResultStore(directory, warning -> common.note("warning: " + warning)).read(cells);
  }

  private StudyRunner.Summary run(
      Study study,
      Stages stages,
      Path directory,
      Optional<Meteor> meteor,
      CommonOptions common,
      StopOnSignal signal)
      throws IOException {
    BedSource source = BedSource.of(study, Optional.ofNullable(data), meteor);
    common.note("loading " + study.model());
    TestBed bed = source.open();
    try {
      return run(bed, source, stages, directory, common, signal);
    } finally {
      bed.model().close();
    }
  }

  private StudyRunner.Summary run(
      TestBed bed,
      BedSource source,
      Stages stages,
      Path directory,
      CommonOptions common,
      StopOnSignal signal)
      throws IOException {
    Optional<Duration> mostTime =
        Optional.ofNullable(maxMinutes)
            .map(minutes -> Duration.ofMinutes(positive("--max-minutes", minutes)));
    Stopwatch watch = Stopwatch.createStarted();
    CompilationCache compiled = CompilationCache.within(directory);
    StudyRunner.Summary all = new StudyRunner.Summary(0, 0, 0, false);
    try (StudyProgress progress =
        new StudyProgress(common.progress(), TrainingProgress.onTerminal())) {
      NativeLog.skipFirstNotesOfXla();
      Map<Cell, CellResult> before = Map.of();
      for (int stage = 0; stage < stages.count(); stage++) {
        List<Cell> cells = stages.cells(stage, before);
        if (stages.count() > 1) {
          common.note("stage %d of %d".formatted(stage + 1, stages.count()));
        }
        StudyRunner.Conduct conduct =
            new StudyRunner.Conduct(
                mostTime.map(time -> time.minus(watch.elapsed())),
                keepRuns,
                TrainingDefaults.CHECKPOINTING);
        all =
            all.and(
                execution.run(
                    new CellExecution.Work(cells, bed, source, directory),
                    conduct,
                    progress,
                    signal::by));
        if (all.left() > all.failed() || all.stopped()) {
          return all;
        }
        if (stage + 1 < stages.count()) {
          before = read(cells, directory, common);
          if (before.isEmpty()) {
            return all;
          }
        }
      }
    }
    if (all.left() == 0) {
      compiled.remove();
    }
    return all;
  }

  private static int finish(StudyRunner.Summary outcome, Path written, CommonOptions common) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("report", written.toString());
    fields.put("finished", outcome.finished());
    fields.put("left", outcome.left());
    fields.put("failed", outcome.failed());
    common.result(
        fields,
        "%,d cells finished, %,d left%s: %s"
            .formatted(
                outcome.finished(),
                outcome.left(),
                outcome.failed() == 0 ? "" : " (%,d of them failed)".formatted(outcome.failed()),
                written));
    if (outcome.stopped()) {
      return TrainCommand.INTERRUPTED;
    }
    return outcome.failed() == 0 ? 0 : 1;
  }

  /** The value, which must be 1 or more. */
  public int positive(String option, int value) {
    if (value < 1) {
      throw wrong("%s is %d; it must be 1 or more".formatted(option, value));
    }
    return value;
  }

  /** A wrong call. */
  public ParameterException wrong(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}
