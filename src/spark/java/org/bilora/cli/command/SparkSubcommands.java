package org.bilora.cli.command;

import java.util.function.Supplier;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.bilora.bench.study.CellExecution;
import org.bilora.scale.spark.SparkCells;
import org.bilora.scale.spark.SparkSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The subcommands of {@code bilora spark}, which loads this class by its name. */
final class SparkSubcommands implements SparkCommand.Extension {
  private static final String COMMAND = "${sys:bilora.command:-bilora} spark ";

  @Override
  public void extend(CommandSpec command) {
    BenchGlueCommand glue = new BenchGlueCommand();
    BenchE2eCommand e2e = new BenchE2eCommand();
    BenchTuneCommand tune = new BenchTuneCommand();
    CommandSpec bench = CommandSpec.forAnnotatedObject(new SparkBenchCommand());
    bench.addSubcommand("glue", study(glue, glue::session));
    bench.addSubcommand("e2e", study(e2e, e2e::session));
    bench.addSubcommand("tune", study(tune, tune::session));
    command.addSubcommand("bench", bench);
    command.addSubcommand("predict", CommandSpec.forAnnotatedObject(new SparkPredictCommand()));
  }

  /** A command of {@code bench} whose cells are run by Spark. */
  private static CommandSpec study(Object bench, Supplier<StudySession> session) {
    CommandSpec command = CommandSpec.forAnnotatedObject(bench);
    SparkOptions options = new SparkOptions();
    command.addMixin("spark", CommandSpec.forAnnotatedObject(options));
    command
        .usageMessage()
        .description(
            "Runs the cells of a study as bench %s does, each on one of Spark's executors."
                .formatted(command.name()),
            "Settings, result files, report and resuming are the same. Model and data must be there on"
                + " every host, and --out on a file system that all share. A killed executor's cell is"
                + " run again; one that fails by itself is not.")
        .footer(
            "",
            "Examples:",
            "  "
                + COMMAND
                + "bench "
                + command.name()
                + " --study STUDY.yaml --master local-cluster[2,1,2048]",
            "  "
                + COMMAND
                + "bench "
                + command.name()
                + " --study STUDY.yaml --master spark://HOST:7077 --executor-cores 8",
            "  benchmarks/spark/README.md has the command for spark-submit.");
    session.get().by(onSpark(options));
    return command;
  }

  private static CellExecution onSpark(SparkOptions options) {
    return (work, conduct, listener, stop) -> {
      try (SparkSession spark = options.open("bilora bench", SparkSettings.TaskShare.EXECUTOR)) {
        SparkCells cells = new SparkCells(JavaSparkContext.fromSparkContext(spark.sparkContext()));
        return cells.run(work, conduct, listener, stop);
      }
    };
  }

  /** {@code bilora spark bench}. */
  @Command(
      name = "bench",
      description = "Runs a study's cells on Spark's executors.",
      synopsisSubcommandLabel = "COMMAND")
  static final class SparkBenchCommand extends CommandGroup {
    SparkBenchCommand() {
      super("a command of spark bench");
    }
  }
}
