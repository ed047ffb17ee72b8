package org.bilora.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes a file so that its name never leads to half of it: to another name in the same folder
 * first, forced to disk, then moved. Symbolic links are followed, and what they lead to is written.
 * What is no regular file, such as a pipe or a device, is written to as a stream and stays what it
 * is.
 */
public final class AtomicFile {
  private static final int MOST_LINKS = 40;
  private static final String PARTIAL = ".part";

  /** What this process is writing now: its locks do not keep itself out. */
  private static final Set<Path> UNDER_WAY = ConcurrentHashMap.newKeySet();

  private AtomicFile() {}

  /** Produces the file's bytes. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code out}, which the caller closes. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes {@code file}, replacing what was there.
   *
   * @throws IOException when writing fails; a regular file is then as it was before
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = target(file);
    if (isStream(target)) {
      // Appending is all one to a pipe or device, and spares what a redirected stream has already.
      writeTo(file, target, content, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      return;
    }
    removeLeftovers(target);
    Path partial =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + PARTIAL);
    UNDER_WAY.add(partial);
    try {
      writeTo(file, partial, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      keepPermissions(target, partial);
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
      UNDER_WAY.remove(partial);
    }
  }

  /** Writes {@code file} as {@link #write(Path, Content)} does. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, out -> out.write(bytes));
  }

  /**
   * What a name leads to: the file behind symbolic links, which need not exist; a pipe, a device or
   * another process's open file as it is.
   *
   * @throws IOException when the links lead nowhere
   */
  public static Path target(Path file) throws IOException {
    Path at = file.toAbsolutePath();
    for (int links = 0; !isStream(at) && Files.isSymbolicLink(at); links++) {
      if (links == MOST_LINKS) {
        throw new IOException(file + ": its symbolic links lead in a circle");
      }
      at = at.resolveSibling(Files.readSymbolicLink(at));
    }
    return at;
  }

  /** Whether a name leads to something that is written to rather than replaced. */
  public static boolean isStream(Path file) {
    // A link below /proc stands for a file that is open, whatever that is.
    return file.startsWith("/proc")
        || (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file));
  }

  private static void writeTo(Path named, Path file, Content content, OpenOption... options)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, options)) {
      lock(channel);
      OutputStream out =
          new BufferedOutputStream(
              new NamedStream(named, Channels.newOutputStream(channel)), 1 << 16);
      content.writeTo(out);
      out.flush();
      if (Files.isRegularFile(file)) {
        channel.force(true);
      }
    }
  }

  /** Says to other processes that the file is being written, where the file system can. */
  private static void lock(FileChannel channel) {
    try {
      channel.tryLock();
    } catch (IOException | OverlappingFileLockException e) {
      // Without locks a leftover file stays.
    }
  }

  private static void keepPermissions(Path from, Path to) throws IOException {
    try {
      if (Files.exists(from)) {
        Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
      }
    } catch (UnsupportedOperationException e) {
      // A file system without such permissions has none to keep.
    }
  }

  /** Removes what killed writers of the same file left: what nobody has locked. */
  private static void removeLeftovers(Path target) {
    String begin = "." + target.getFileName() + ".";
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(
            target.getParent(),
            entry -> {
              String name = entry.getFileName().toString();
              return name.startsWith(begin)
                  && name.endsWith(PARTIAL)
                  && name.length() == begin.length() + 36 + PARTIAL.length();
            })) {
      for (Path partial : left) {
        if (!UNDER_WAY.contains(partial) && isAbandoned(partial)) {
          Files.deleteIfExists(partial);
        }
      }
    } catch (IOException e) {
      // Whatever keeps the folder from being read or written is told when the file is written.
    }
  }

  private static boolean isAbandoned(Path partial) throws IOException {
    try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Names the file in whatever goes wrong with writing it. */
  private static final class NamedStream extends OutputStream {
    private final Path file;
    private final OutputStream out;

    private NamedStream(Path file, OutputStream out) {
      this.file = file;
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        out.write(bytes, from, count);
      } catch (ClosedByInterruptException e) {
        throw e;
      } catch (IOException e) {
        throw new FileSystemException(file.toString(), null, e.getMessage());
      }
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}
