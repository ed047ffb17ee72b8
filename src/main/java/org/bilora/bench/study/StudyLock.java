package org.bilora.bench.study;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a study to one process. The system gives the lock back when the process dies. */
final class StudyLock implements Closeable {
  private final Path directory;
  private final FileChannel channel;

  private StudyLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
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
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      FileLock lock = channel.tryLock();
      taken = lock != null;
    } catch (OverlappingFileLockException inThisProcess) {
      taken = false;
    } finally {
      if (!taken) {
        channel.close();
      }
    }
    if (!taken) {
      throw new IOException(
          "%s: another process is working on this study; wait for it, or give another directory"
              .formatted(file));
    }
    return new StudyLock(directory, channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
