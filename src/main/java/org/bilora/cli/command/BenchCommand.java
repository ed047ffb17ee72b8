package org.bilora.cli.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bilora bench}, which only leads to its subcommands. */
@Command(
    name = "bench",
    description = "Measures how long a training step takes and which method does best.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchStepCommand.class,
      BenchGlueCommand.class,
      BenchE2eCommand.class,
      BenchTuneCommand.class,
      GlueSubmissionCommand.class,
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "a command of bench is missing");
  }
}
