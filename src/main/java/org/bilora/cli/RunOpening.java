package org.bilora.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.bilora.train.RunRecord;
import org.bilora.train.TrainedRun;

/** Opens a run for a command. */
final class RunOpening {
  private RunOpening() {}

  /**
   * Opens a run; one that is not there is refused before TensorFlow, which takes seconds, is
   * loaded.
   *
   * @throws IOException as {@link TrainedRun#open(Path)}
   */
  static TrainedRun open(Path directory) throws IOException {
    RunRecord.read(directory);
    NativeLog.skipFirstNotes();
    return TrainedRun.open(directory);
  }
}
