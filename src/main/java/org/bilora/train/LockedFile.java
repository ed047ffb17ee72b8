package org.bilora.train;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A file that one holder at a time has locked, among all processes. The operating system takes the
 * lock back when the process ends, however it ends. The file stays when the lock is given back: to
 * delete it could take away the next holder's.
 */
public final class LockedFile implements AutoCloseable {
  private final FileChannel channel;

  private LockedFile(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock, making the file where it is missing.
   *
   * @return empty when another holder, here or in another process, has it
   * @throws IOException when the file cannot be written, or its file system has no locks
   */
  public static Optional<LockedFile> take(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      taken = channel.tryLock() != null;
    } catch (OverlappingFileLockException inThisProcess) {
      taken = false;
    } catch (IOException e) {
      throw new IOException(
          "%s cannot be locked (%s); choose a directory on a file system with locks"
              .formatted(file, e.getMessage()),
          e);
    } finally {
      if (!taken) {
        channel.close();
      }
    }
    return taken ? Optional.of(new LockedFile(channel)) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
