package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import org.bilora.cli.progress.NativeLog;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedRun;
import picocli.CommandLine.Option;

/** The run that a command works on. */
public final class RunOption {
  @Option(
      names = "--run",
      paramLabel = "RUN",
      required = true,
      description = "Run directory that train wrote.")
  private Path directory;

  public Path directory() {
    return directory;
  }

  /**
   * Opens the run; one that is not there is refused before TensorFlow, which takes seconds, is
   * loaded.
   *
   * @throws IOException as {@link TrainedRun#open(Path)}
   */
  public TrainedRun open() throws IOException {
    return open(directory);
  }

  /**
   * Opens a run in the same way.
   *
   * @throws IOException as {@link TrainedRun#open(Path)}
   */
  public static TrainedRun open(Path directory) throws IOException {
    RunRecord.read(directory);
    NativeLog.skipFirstNotes();
    return TrainedRun.open(directory);
  }
}
