package org.bilora.cli.command;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.cli.option.LanesOption;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench glue}. */
@Command(
    name = "glue",
    description = {
      "Runs a study: every method on every task with every seed, under the same conditions.",
      "Each finished cell is one file under --out. Stop it at any moment, or copy --out to another"
          + " machine, and run the command again: it continues where it stopped. Then it writes a report of the"
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
  @Mixin private StudyOptions options;

  @Option(names = "--svg", description = "Also draw the report's plots as SVG files.")
  private boolean svg;

  @Mixin private LanesOption lanes;

  /** Where and how its cells are run. */
  StudySession session() {
    return options.session();
  }

  @Override
  public Integer call() throws IOException {
    options.session().inLanes(lanes.sideBySide());
    return options.run(StudyOptions.Texts.NONE, Optional.empty(), svg);
  }
}
