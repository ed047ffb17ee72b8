package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bilora.train.LockedFile;

/** Keeps a study to one process. */
final class StudyLock implements AutoCloseable {
  private final Path directory;
  private final LockedFile file;

  private StudyLock(Path directory, LockedFile file) {
    this.directory = directory;
    this.file = file;
  }

  /** What is locked. */
  Path directory() {
    return directory;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException when another process has it
   */
  static StudyLock take(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve("lock");
    return new StudyLock(
        directory,
        LockedFile.take(file)
            .orElseThrow(
                () ->
                    new IOException(
                        "%s: another process is working on this study; wait for it, or give another directory"
                            .formatted(file))));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
