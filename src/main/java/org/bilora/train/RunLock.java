package org.bilora.train;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to write into a run directory, held by one training at a time. The operating system
 * takes it back when the process ends, however it ends.
 */
final class RunLock implements AutoCloseable {
  /** Stays when the lock is given back: to delete it could take away the next one's. */
  static final String FILE = ".lock";

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @throws IOException when another training, here or in another process, holds it
   */
  static RunLock take(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (isFree(channel)) {
        return new RunLock(channel);
      }
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          "%s cannot be locked (%s); choose a directory on a file system with locks"
              .formatted(directory, e.getMessage()),
          e);
    }
    channel.close();
    throw new IOException(
        "%s is being written by another training; wait for its end, or choose another directory"
            .formatted(directory));
  }

  /** Whether nobody had the lock; this process has it then until the channel is closed. */
  private static boolean isFree(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
