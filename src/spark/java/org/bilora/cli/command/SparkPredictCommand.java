package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.bilora.cli.option.AnswerOptions;
import org.bilora.cli.option.ColumnOptions;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.NativeLog;
import org.bilora.data.CustomFormat;
import org.bilora.scale.spark.PredictionJob;
import org.bilora.scale.spark.SparkSettings;
import org.bilora.train.RunRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora spark predict}. */
@Command(
    name = "predict",
    description = {
      "Classifies (or scores) the rows of a data set with a run's best values, on Spark's executors.",
      "Columns, options and numbers are those of predict; --in may also be Parquet, a folder of"
          + " files, or on any file system that Spark reads, and --out is a folder of as many files as"
          + " there are parts, in the order of the rows. Each executor opens the run once. Run, model"
          + " and local files must be there on every host."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} spark predict --run runs/grammar --in texts.parquet --keep id --out labels.parquet --master local-cluster[2,1,2048]",
      "  ${sys:bilora.command:-bilora} spark predict --run /shared/runs/grammar --in hdfs://host/texts --in-format csv --out hdfs://host/labels --master spark://host:7077 --executor-cores 8"
    })
final class SparkPredictCommand implements Callable<Integer> {
  @Spec private CommandSpec command;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      required = true,
      description = "Run directory that train wrote.")
  private Path run;

  @Option(
      names = "--in",
      paramLabel = "FILES",
      required = true,
      description = "A file, or a folder of files, of texts to classify.")
  private String in;

  @Option(
      names = {"--format", "--in-format"},
      paramLabel = "FORM",
      description =
          "What --in holds: parquet, csv, tsv, jsonl, lines (default: by its name, or its first"
              + " file's, else lines).")
  private String format;

  @Mixin private ColumnOptions columns;

  @Mixin private AnswerOptions asked;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      required = true,
      description = "A new folder for the labels.")
  private String out;

  @Option(
      names = "--out-format",
      paramLabel = "FORM",
      description = "How they are written, as for --format (default: by its name, else as --in).")
  private String outFormat;

  @Option(
      names = "--parts",
      paramLabel = "N",
      description =
          "Parts that the rows are cut into (default: those of --in, and no less than one for each"
              + " core).")
  private Integer parts;

  @Mixin private SparkOptions spark;

  @Mixin private CommonOptions common;

  @Override
  public Integer call() throws IOException {
    if (parts != null && parts < 1) {
      throw new ParameterException(
          command.commandLine(), "--parts is %d; it must be 1 or more".formatted(parts));
    }
    // What is not there is refused before Spark, which takes seconds, is started.
    RunRecord.read(run);
    PredictionJob.Request request =
        new PredictionJob.Request(
            run,
            in,
            out,
            Optional.ofNullable(format),
            Optional.ofNullable(outFormat),
            columns.over(CustomFormat.USUAL),
            asked.keep(),
            asked.probabilities(),
            parts == null ? OptionalInt.empty() : OptionalInt.of(parts));
    try (SparkSession session = spark.open("bilora predict", SparkSettings.TaskShare.CORE)) {
      if (session.sparkContext().isLocal()) {
        NativeLog.skipFirstNotes();
      }
      report(new PredictionJob(session, request).run());
    }
    return 0;
  }

  private void report(PredictionJob.Summary summary) {
    if (summary.leftOut() > 0) {
      common.note("warning: %,d rows cannot be used and are left out".formatted(summary.leftOut()));
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("lines", summary.rows());
    fields.put("left_out", summary.leftOut());
    fields.put("out", out);
    fields.put("openings", summary.openings());
    common.result(
        fields,
        "%,d lines written to %s; the run was opened by %s"
            .formatted(summary.rows(), out, String.join("; ", summary.openings())));
  }
}
