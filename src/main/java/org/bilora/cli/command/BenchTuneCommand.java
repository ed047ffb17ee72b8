package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.bilora.bench.report.SearchReport;
import org.bilora.bench.study.Budget;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Halving;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.bilora.bench.study.UsualRanges;
import org.bilora.cli.option.LanesOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench tune}. */
@Command(
    name = "tune",
    aliases = "search",
    description = {
      "Tunes methods under equal conditions: each gets the same number of trials and of steps.",
      "A trial is a run with settings drawn from ranges: rate, alpha, rank and decay, and what only"
          + " some methods have, such as gamma1, the hypergradient or D2's share. All trials run"
          + " for a part of the steps; the better half of each method's goes on to twice as many,"
          + " and so on (successive halving). Scores are measured on a held-out part of the"
          + " training set; the dev split is not touched (of generation tasks, whose scores are the"
          + " test split's, the dev split's perplexity is compared). It can be stopped, moved and resumed as a study"
          + " can. The report has the best settings of every method, ready for a study file, and"
          + " the spread of its trials.",
      "A study file with trials, ranges and select_on: training says all of it more exactly."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} bench tune --tasks rte,sst2 --methods lora,bilora --model minilm-l6 --data glue --train-examples 300 --trials 8 --rungs 3 --steps 400 --out runs/tune",
      "  ${sys:bilora.command:-bilora} bench tune --study benchmarks/search-minilm/study.yaml --max-minutes 60"
    })
final class BenchTuneCommand implements Callable<Integer> {
  private static final int TRIALS = 8;
  private static final int RUNGS = 3;
  private static final int STEPS = 400;
  private static final String TRIALS_OPTION = "--trials";
  private static final String RUNGS_OPTION = "--rungs";
  private static final String STEPS_OPTION = "--steps";

  @Mixin private StudyOptions options;

  @Option(
      names = TRIALS_OPTION,
      paramLabel = "N",
      description =
          "Trials of every method on every task, the first with the method's defaults (default: "
              + TRIALS
              + ").")
  private Integer trials;

  @Option(
      names = RUNGS_OPTION,
      paramLabel = "N",
      description =
          "Rungs of successive halving; 1 runs every trial for all steps (default: "
              + RUNGS
              + ", or what --trials allows).")
  private Integer rungs;

  @Option(
      names = STEPS_OPTION,
      paramLabel = "N",
      description = "Steps of a run on the last rung (default: " + STEPS + ").")
  private Integer steps;

  @Mixin private LanesOption lanes;

  /** Where and how its cells are run. */
  StudySession session() {
    return options.session();
  }

  @Override
  public Integer call() throws IOException {
    options.session().inLanes(lanes.sideBySide());
    Study asked = options.file().isPresent() ? fromFile(options.file().get()) : fromOptions();
    Halving halving = new Halving(asked);
    return options
        .session()
        .run(
            asked,
            new Rungs(halving),
            options.file().orElse(null),
            Optional.empty(),
            options.common(),
            (cells, results, directory) -> {
              SearchReport report = new SearchReport(asked, cells, results, directory);
              report.write();
              if (!options.common().json()) {
                options.common().note(report.chosen());
              }
              return directory.resolve(SearchReport.FILE);
            });
  }

  private record Rungs(Halving halving) implements StudySession.Stages {
    @Override
    public int count() {
      return halving.rungs();
    }

    @Override
    public List<Cell> cells(int stage, Map<Cell, CellResult> before) {
      return halving.cells(stage, before);
    }
  }

  private Study fromFile(Path file) throws IOException {
    options.refuseBesideFile();
    options.refuse(List.of(TRIALS_OPTION, RUNGS_OPTION, STEPS_OPTION));
    Study asked = StudyFile.read(file);
    if (asked.trials().isEmpty()) {
      throw new IOException(file + " has no trials, so there is nothing to choose; add trials");
    }
    if (asked.selectOn() != Study.SelectOn.TRAINING && !asked.generation()) {
      throw new IOException(
          file + ": select_on is dev; a search must not look at it, write select_on: training");
    }
    return asked;
  }

  private Study fromOptions() {
    StudySession session = options.session();
    int count = session.positive(TRIALS_OPTION, trials == null ? TRIALS : trials);
    int most = Halving.mostRungs(count);
    int halvings = session.positive(RUNGS_OPTION, rungs == null ? Math.min(RUNGS, most) : rungs);
    int length = session.positive(STEPS_OPTION, steps == null ? STEPS : steps);
    try {
      Study search =
          UsualRanges.search(
              options.fromOptions(), count, OptionalInt.of(halvings), Budget.ofSteps(length));
      Cell.of(search);
      return search;
    } catch (IllegalArgumentException e) {
      throw session.wrong("--" + e.getMessage());
    }
  }
}
