package org.bilora.cli.command;

import picocli.CommandLine.Command;

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
final class BenchCommand extends CommandGroup {
  BenchCommand() {
    super("a command of bench");
  }
}
