package org.bilora.cli.command;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only leads to its subcommands. */
abstract class CommandGroup implements Runnable {
  private final String what;

  @Spec private CommandSpec command;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  private boolean help;

  /**
   * @param what is missing without one of them
   */
  CommandGroup(String what) {
    this.what = what;
  }

  @Override
  public final void run() {
    throw new ParameterException(command.commandLine(), what + " is missing");
  }
}
