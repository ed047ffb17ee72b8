package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.bench.report.SearchReport;
import org.bilora.bench.study.Study;
import org.bilora.bench.study.StudyFile;
import org.bilora.cli.option.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench search}. */
@Command(
    name = "search",
    description = {
      "Searches for settings: the same number of trials for every method on every task.",
      "A study file with trials, ranges and select_on: training says what is tried. Scores are of a"
          + " part of the training set that is held out; the dev split is not looked at. It can be"
          + " stopped, moved and resumed as a study can."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Example:",
      "  ${sys:bilora.command:-bilora} bench search --study benchmarks/search-minilm/study.yaml --max-minutes 60"
    })
final class BenchSearchCommand implements Callable<Integer> {
  @Option(
      names = "--study",
      paramLabel = "FILE",
      required = true,
      description = "A study file (YAML) with trials; benchmarks/README.md tells its fields.")
  private Path study;

  @Mixin private StudySession session;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    Study asked = StudyFile.read(study);
    if (asked.trials().isEmpty()) {
      throw new IOException(study + " has no trials, so there is nothing to choose; add trials");
    }
    if (asked.selectOn() != Study.SelectOn.TRAINING) {
      throw new IOException(
          study + ": select_on is dev; a search must not look at it, write select_on: training");
    }
    return session.run(
        asked,
        study,
        Optional.empty(),
        common,
        (cells, results, directory) -> {
          SearchReport report = new SearchReport(asked, cells, results, directory);
          report.write();
          if (!common.json()) {
            common.note(report.chosen());
          }
          return directory.resolve(SearchReport.FILE);
        });
  }
}
