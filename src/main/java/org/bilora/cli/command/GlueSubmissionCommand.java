package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bilora.bench.submission.GlueSubmission;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.OutputFile;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.Tasks;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora bench glue-submission}. */
@Command(
    name = "glue-submission",
    description = {
      "Writes the zip file that GLUE's server takes, from one run per task.",
      "The runs' best values predict the official test splits, whose labels only the server has."
    },
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Example:",
      "  ${sys:bilora.command:-bilora} bench glue-submission --runs runs/cola,runs/rte --data glue --out submission.zip"
    })
final class GlueSubmissionCommand implements Callable<Integer> {
  @Option(
      names = "--runs",
      paramLabel = "RUN",
      split = ",",
      required = true,
      description = "Run directories, separated by commas, one per task.")
  private List<Path> runs;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Folder of GLUE's task folders, with their test.tsv.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The zip file to write.")
  private Path out;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    new OutputFile(out).check();
    NativeLog.skipFirstNotes();
    GlueSubmission submission = new GlueSubmission();
    for (Path directory : runs) {
      common.note("predicting with " + directory);
      try (TrainedRun run = TrainedRun.open(directory)) {
        submission.add(run, Tasks.load(run.task(), Optional.of(data)));
      }
    }
    submission.write(out);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("out", out.toString());
    fields.put("files", submission.present());
    fields.put("missing", submission.missing());
    common.result(
        fields,
        "%s: %s%s"
            .formatted(
                out,
                String.join(", ", submission.present()),
                submission.missing().isEmpty()
                    ? ""
                    : "%nNot in it: %s. The server asks for all but AX.tsv; its site has samples of them."
                        .formatted(String.join(", ", submission.missing()))));
    return 0;
  }
}
