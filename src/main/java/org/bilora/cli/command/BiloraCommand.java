package org.bilora.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.bilora.cli.option.HelpTexts;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

/** The command {@code bilora}, which only leads to its subcommands. */
@Command(
    name = "bilora",
    description =
        "Fine-tunes pretrained Transformers with bi-level low-rank adaptation (BiLoRA) or LoRA.",
    resourceBundle = HelpTexts.NAME,
    versionProvider = BiloraCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      QuickstartCommand.class,
      PretrainCommand.class,
      TrainCommand.class,
      EvalCommand.class,
      PredictCommand.class,
      GenerateCommand.class,
      ScoreCommand.class,
      FeaturesCommand.class,
      ExportCommand.class,
      ServeCommand.class,
      BenchCommand.class,
      SparkCommand.class,
      DoctorCommand.class,
    },
    footer = {
      "",
      "Start with:  ${sys:bilora.command:-bilora} quickstart",
      "Then:        ${sys:bilora.command:-bilora} COMMAND --help",
      "",
      "Exit codes: 0 success, 1 failure, 2 wrong call, 130 stopped by Ctrl-C."
    })
public final class BiloraCommand extends CommandGroup {
  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print versions and exit.")
  private boolean version;

  /** For picocli. */
  public BiloraCommand() {
    super("a command");
  }

  /** Versions of what a bug report needs. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties versions = new Properties();
      try (InputStream in = BiloraCommand.class.getResourceAsStream("version.properties")) {
        versions.load(in);
      }
      return new String[] {
        "bilora " + versions.getProperty("bilora"),
        "TensorFlow Java " + versions.getProperty("tensorflow"),
        "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name")
      };
    }
  }
}
