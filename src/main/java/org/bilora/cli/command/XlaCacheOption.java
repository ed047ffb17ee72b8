package org.bilora.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import org.bilora.cli.progress.CompilationCache;
import picocli.CommandLine.Option;

/** {@code --xla-cache}. */
final class XlaCacheOption {
  @Option(
      names = "--xla-cache",
      paramLabel = "DIR",
      description =
          "Folder where XLA keeps the steps that it compiles, so that the next process need not"
              + " compile the same step again. Nothing is removed from it: a step takes 1 to 10 MB, so"
              + " delete it when it has grown too large (default: none).")
  private Path directory;

  /** Before TensorFlow is loaded. */
  void use() throws IOException {
    if (directory != null) {
      CompilationCache.keptIn(directory);
    }
  }
}
