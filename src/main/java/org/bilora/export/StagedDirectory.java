package org.bilora.export;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A folder that is filled under a temporary name and then appears whole, or not at all: closing it
 * uncommitted, or Ctrl-C, removes it and whatever parents were made for it.
 */
final class StagedDirectory implements AutoCloseable {
  private static final String PREFIX = ".unfinished-";
  private static final String LOCK = ".lock";

  /** A folder without a lock is being made, or about to get its name: for a moment. */
  private static final Duration MOMENT = Duration.ofMinutes(1);

  /** What this process is filling now: its locks do not keep itself out. */
  private static final Set<Path> UNDER_WAY = ConcurrentHashMap.newKeySet();

  private final Path staging;
  private final FileChannel lock;
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
      removeLeftovers(absolute);
      // TensorFlow Serving ignores names that are not integers.
      staging = Files.createTempDirectory(absolute, PREFIX);
      UNDER_WAY.add(staging);
      lock =
          FileChannel.open(
              staging.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      lock.tryLock();
    } catch (IOException e) {
      throw new IOException("cannot create a folder in %s: %s".formatted(parent, reason(e)), e);
    }
    Runtime.getRuntime().addShutdownHook(onShutdown);
  }

  /**
   * Makes the temporary folder beside the name it is to get.
   *
   * @throws IOException as {@link #check}
   */
  static StagedDirectory named(Path directory) throws IOException {
    check(directory);
    return new StagedDirectory(parent(directory));
  }

  /**
   * Throws unless a directory can be written, before the work for it is done.
   *
   * @throws IOException when it exists, or what is to hold it is a file
   */
  static void check(Path directory) throws IOException {
    if (Files.exists(directory)) {
      throw new FileAlreadyExistsException(
          directory.toString(), null, "exists already; choose another name, or move it away");
    }
    Path parent = parent(directory);
    while (!Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (!Files.isDirectory(parent) || !Files.isWritable(parent)) {
      throw new IOException(
          "%s cannot be written: %s is no folder that can be written to"
              .formatted(directory, parent));
    }
  }

  private static Path parent(Path directory) {
    return directory.toAbsolutePath().normalize().getParent();
  }

  /** The temporary folder. */
  Path path() {
    return staging;
  }

  /**
   * Gives the folder its name, atomically.
   *
   * @throws FileAlreadyExistsException when something else has it; the folder can get another one
   */
  void commit(Path target) throws IOException {
    if (Files.exists(target)) {
      throw taken(target);
    }
    // Temporary folders are private to their owner; a server often runs as another user.
    try {
      Files.setPosixFilePermissions(
          staging, Files.getPosixFilePermissions(staging.toAbsolutePath().getParent()));
    } catch (UnsupportedOperationException e) {
      // A file system without such permissions has nothing to widen.
    }
    Files.deleteIfExists(staging.resolve(LOCK));
    try {
      Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Another one may have got the name since.
      throw Files.exists(target) ? taken(target) : e;
    }
    committed = true;
  }

  private static FileAlreadyExistsException taken(Path target) {
    return new FileAlreadyExistsException(
        target.toString(), null, "exists already; nothing was exported");
  }

  /** Removes what killed exports left: folders that nobody has locked. */
  private static void removeLeftovers(Path parent) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path folder : left) {
        if (!UNDER_WAY.contains(folder) && Files.isDirectory(folder) && isAbandoned(folder)) {
          MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
        }
      }
    } catch (NoSuchFileException e) {
      // Its owner, or another one that looks for leftovers, removed it first.
    }
  }

  private static boolean isAbandoned(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (NoSuchFileException e) {
      Instant changed = Files.getLastModifiedTime(folder).toInstant();
      return changed.isBefore(Instant.now().minus(MOMENT));
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      // What it guarded is removed, or has its name.
    }
    discard();
    UNDER_WAY.remove(staging);
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
