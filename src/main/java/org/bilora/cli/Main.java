package org.bilora.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.bilora.cli.command.BiloraCommand;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.option.OutputFile;
import org.bilora.doctor.CudaLibraries;
import picocli.CommandLine;

/** Entry point: runs a command and turns whatever it throws into one line and an exit code. */
public final class Main {
  /** How the user calls this program; the launcher knows. */
  public static final String NAME = System.getProperty("bilora.command", "bilora");

  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    // Numbers look the same everywhere: a point, never a comma, before the decimals.
    Locale.setDefault(Locale.ROOT);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    for (String argument : args) {
      // What Java reads in place of bytes that its locale has no letter for.
      if (argument.indexOf('\uFFFD') >= 0) {
        err.println(
            "bilora: '%s' is not in the encoding of the locale, %s; set LC_ALL=C.UTF-8"
                .formatted(argument, System.getProperty("sun.jnu.encoding")));
        System.exit(CommandLine.ExitCode.USAGE);
      }
    }
    System.exit(run(out, err, args));
  }

  /**
   * Runs a command.
   *
   * @param out results
   * @param err progress, warnings and errors
   * @return 0 on success, 1 when the command failed, 2 when it was called wrongly
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine commands = new CommandLine(new BiloraCommand());
    commands.setCommandName(NAME).setOut(out).setErr(err).setUsageHelpWidth(100);
    commands.setParameterExceptionHandler(Failure::usage);
    commands.setExecutionStrategy(Main::execute);
    commands.setExecutionExceptionHandler((failure, at, parsed) -> report(failure, at));
    try {
      int code = commands.execute(args);
      if (code == 0) {
        // Help texts and versions, too, are lost on a full disk or without a reader.
        OutputFile.requireWritten(out);
      }
      return code;
    } catch (IOException failure) {
      return report(failure, commands);
    } catch (RuntimeException | Error failure) {
      return report(failure, leaf(commands.getParseResult()).commandSpec().commandLine());
    }
  }

  private static int execute(CommandLine.ParseResult parsed) {
    if (isVerbose(leaf(parsed))) {
      // Read by log4j2.xml when the first logger is made, which no class of this package does.
      System.setProperty("bilora.log.level", "debug");
      System.setProperty("bilora.log.frames", "full");
      System.setProperty("bilora.spark.level", "warn");
    }
    if (!leaf(parsed).isUsageHelpRequested()) {
      loadCuda(parsed.commandSpec().commandLine().getErr());
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static void loadCuda(PrintWriter err) {
    try {
      CudaLibraries.loadFromClassPath();
    } catch (IOException e) {
      err.println("bilora: warning: running on the CPU: " + Failure.describe(e));
    }
  }

  private static int report(Throwable failure, CommandLine at) {
    PrintWriter err = at.getErr();
    err.println("bilora: " + Failure.describe(failure));
    if (isVerbose(at.getParseResult())) {
      failure.printStackTrace(err);
    }
    err.flush();
    return at.getCommandSpec().exitCodeOnExecutionException();
  }

  private static boolean isVerbose(CommandLine.ParseResult parsed) {
    return parsed != null && parsed.hasMatchedOption(CommonOptions.VERBOSE);
  }

  private static CommandLine.ParseResult leaf(CommandLine.ParseResult parsed) {
    return parsed.hasSubcommand() ? leaf(parsed.subcommand()) : parsed;
  }
}
