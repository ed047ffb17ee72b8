package org.bilora.train;

import java.io.IOException;
import java.nio.file.Path;

/** The right to write into a run directory, held by one training at a time. */
final class RunLock implements AutoCloseable {
  /** In the run directory. */
  static final String FILE = ".lock";

  private final LockedFile file;

  private RunLock(LockedFile file) {
    this.file = file;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException when another training, here or in another process, holds it
   */
  static RunLock take(Path directory) throws IOException {
    return new RunLock(
        LockedFile.take(directory.resolve(FILE))
            .orElseThrow(
                () ->
                    new IOException(
                        "%s is being written by another training; wait for its end, or choose another directory"
                            .formatted(directory))));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
