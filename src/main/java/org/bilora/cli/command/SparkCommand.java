package org.bilora.cli.command;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Callable;
import org.bilora.cli.option.CommonOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code bilora spark}, which only leads to its subcommands. They are compiled with the Maven
 * profile {@code spark} alone; without them this command says so.
 */
@Command(
    name = "spark",
    description = {
      "Runs studies and predictions on an Apache Spark cluster, or in several processes here.",
      "./bilora spark builds what Spark needs at its first call, apart from everything else."
    },
    synopsisSubcommandLabel = "COMMAND",
    modelTransformer = SparkCommand.Subcommands.class,
    footer = {
      "",
      "Examples:",
      "  ${sys:bilora.command:-bilora} spark bench glue --study benchmarks/glue-minilm/study.yaml --master local-cluster[2,1,2048]",
      "  ${sys:bilora.command:-bilora} spark predict --run runs/grammar --in texts.parquet --out labels.parquet --master local[2]",
      "  ${sys:bilora.command:-bilora} spark bench glue --help"
    })
final class SparkCommand implements Callable<Integer> {
  /** Adds the subcommands to a specification of this command. */
  @FunctionalInterface
  interface Extension {
    void extend(CommandSpec command);
  }

  private static final String EXTENSION = "org.bilora.cli.command.SparkSubcommands";

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  /** Those that are on the class path. */
  static final class Subcommands implements IModelTransformer {
    @Override
    public CommandSpec transform(CommandSpec command) {
      try {
        Extension extension =
            (Extension) Class.forName(EXTENSION).getDeclaredConstructor().newInstance();
        extension.extend(command);
      } catch (ClassNotFoundException | NoClassDefFoundError notBuilt) {
        command.parser().unmatchedArgumentsAllowed(true);
      } catch (InvocationTargetException
          | InstantiationException
          | IllegalAccessException
          | NoSuchMethodException e) {
        throw new IllegalStateException(e);
      }
      return command;
    }
  }

  @Override
  public Integer call() throws IOException {
    if (command.subcommands().isEmpty()) {
      throw new IOException(
          "spark is not in this build; ./bilora spark of a checkout builds it (Maven's profile"
              + " spark), see benchmarks/spark/README.md");
    }
    throw new ParameterException(command.commandLine(), "a command of spark is missing");
  }
}
