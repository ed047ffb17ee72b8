package org.bilora.export;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A folder that is filled under a temporary name and then appears whole, or not at all: closing it
 * uncommitted, or Ctrl-C, removes it and whatever parents were made for it.
 */
final class StagedDirectory implements AutoCloseable {
  private final Path staging;
  private final Deque<Path> createdParents = new ArrayDeque<>();
  private final Thread onShutdown = new Thread(this::discard, "discard-unfinished-export");
  private boolean committed;

  /**
   * Makes the temporary folder.
   *
   * @param parent created with its own parents where missing
   */
  StagedDirectory(Path parent) throws IOException {
    Path absolute = parent.toAbsolutePath();
    Path missing = absolute;
    while (missing != null && !Files.exists(missing)) {
      createdParents.addLast(missing);
      missing = missing.getParent();
    }
    if (missing != null && !Files.isDirectory(missing)) {
      throw new IOException(
          "%s is a file, not a folder; choose another folder to export to".formatted(missing));
    }
    try {
      Files.createDirectories(absolute);
      // TensorFlow Serving ignores names that are not integers.
      staging = Files.createTempDirectory(absolute, ".unfinished-");
    } catch (IOException e) {
      throw new IOException("cannot create a folder in %s: %s".formatted(parent, reason(e)), e);
    }
    Runtime.getRuntime().addShutdownHook(onShutdown);
  }

  /** The temporary folder. */
  Path path() {
    return staging;
  }

  /** Gives the folder its name, atomically. */
  void commit(Path target) throws IOException {
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "exists already; nothing was exported");
    }
    // Temporary folders are private to their owner; a server often runs as another user.
    try {
      Files.setPosixFilePermissions(
          staging, Files.getPosixFilePermissions(staging.toAbsolutePath().getParent()));
    } catch (UnsupportedOperationException e) {
      // A file system without such permissions has nothing to widen.
    }
    Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    committed = true;
  }

  @Override
  public void close() {
    discard();
    try {
      Runtime.getRuntime().removeShutdownHook(onShutdown);
    } catch (IllegalStateException e) {
      // The JVM is going down and runs the hook itself.
    }
  }

  private synchronized void discard() {
    if (committed || !Files.exists(staging)) {
      return;
    }
    try {
      MoreFiles.deleteRecursively(staging, RecursiveDeleteOption.ALLOW_INSECURE);
      for (Path parent : createdParents) {
        Files.deleteIfExists(parent);
      }
    } catch (IOException e) {
      org.slf4j.LoggerFactory.getLogger(StagedDirectory.class)
          .warn("Could not remove the unfinished export {}: {}", staging, e.toString());
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null || e.getMessage().isBlank()
        ? e.getClass().getSimpleName()
        : e.getClass().getSimpleName() + " " + e.getMessage();
  }
}
