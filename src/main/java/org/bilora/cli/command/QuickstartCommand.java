package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.bilora.cli.option.CommonOptions;
import org.bilora.cli.progress.StopOnSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bilora quickstart}. */
@Command(
    name = "quickstart",
    description = {
      "Shows everything once, within minutes; nothing needs to be prepared.",
      "Fine-tunes minilm-l6 to tell correct sentences from incorrect ones (task grammar-pairs), with"
          + " LoRA and with BiLoRA under the same settings; exports the better one as a SavedModel, loads"
          + " it back and classifies sentences with it."
    },
    sortOptions = false,
    footer = {"", "Example:", "  ${sys:bilora.command:-bilora} quickstart --out runs/first"})
final class QuickstartCommand implements Callable<Integer> {
  private static final Path DEFAULT = Path.of("runs", "quickstart");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "New or empty directory for both runs and the SavedModel (default: runs/quickstart, or"
              + " runs/quickstart-2 and so on when that is taken).")
  private Path out;

  @Mixin private CommonOptions common;

  private final Quickstart.Scale scale;

  /** What takes minutes. */
  QuickstartCommand() {
    this(Quickstart.Scale.USUAL);
  }

  /** With another model, or less data. */
  QuickstartCommand(Quickstart.Scale scale) {
    this.scale = scale;
  }

  @Override
  public Integer call() throws IOException {
    long begin = System.nanoTime();
    Path directory = out == null ? unusedDefault() : out;
    if (!isUnused(directory)) {
      throw new IOException(
          directory + " is not empty; give a new directory, nothing there is overwritten");
    }
    StopOnSignal signal = new StopOnSignal(common.progress());
    try {
      Optional<Quickstart.Result> result = new Quickstart(scale, directory, common, signal).run();
      if (result.isEmpty()) {
        common.note("stopped; what is finished is in " + directory);
        return TrainCommand.INTERRUPTED;
      }
      QuickstartReport report =
          new QuickstartReport(
              directory, result.get(), Duration.ofNanos(System.nanoTime() - begin));
      common.result(report.fields(), report.text());
      return 0;
    } finally {
      signal.release();
    }
  }

  private static Path unusedDefault() throws IOException {
    Path directory = DEFAULT;
    for (int i = 2; !isUnused(directory); i++) {
      directory = DEFAULT.resolveSibling(DEFAULT.getFileName() + "-" + i);
    }
    return directory;
  }

  private static boolean isUnused(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return true;
    }
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }
}
