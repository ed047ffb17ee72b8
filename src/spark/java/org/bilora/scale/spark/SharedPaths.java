package org.bilora.scale.spark;

import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Files and folders that must be there under the same path on every host, and a folder among them
 * that must be the very same one: it holds a file that the driver has just made.
 */
final class SharedPaths implements Serializable, AutoCloseable {
  private static final long serialVersionUID = 1;

  private final ArrayList<String> paths;
  private final ArrayList<String> marks;

  private SharedPaths(List<Path> paths, List<Path> marks) {
    this.paths = absolute(paths);
    this.marks = absolute(marks);
  }

  private static ArrayList<String> absolute(List<Path> paths) {
    ArrayList<String> absolute = new ArrayList<>();
    paths.forEach(path -> absolute.add(path.toAbsolutePath().toString()));
    return absolute;
  }

  /** Files that are read, and no folder that is written to. */
  static SharedPaths of(List<Path> paths) {
    return new SharedPaths(paths, List.of());
  }

  /**
   * Marks the folder that is shared.
   *
   * @param paths that are read
   * @param folder that is written to
   */
  static SharedPaths of(List<Path> paths, Path folder) throws IOException {
    Path mark = folder.toAbsolutePath().resolve(".spark-" + UUID.randomUUID());
    Files.createFile(mark);
    return new SharedPaths(paths, List.of(mark));
  }

  /**
   * Passes when this host sees them all.
   *
   * @throws MissingPathException naming host and path
   */
  void requireHere() throws MissingPathException {
    for (String path : paths) {
      if (!Files.isReadable(Path.of(path))) {
        throw new MissingPathException(
            "host %s has no %s, or may not read it; it must be there on every host, as on the driver's"
                .formatted(host(), path));
      }
    }
    for (String mark : marks) {
      Path folder = Path.of(mark).getParent();
      if (!Files.exists(Path.of(mark)) || !Files.isWritable(folder)) {
        throw new MissingPathException(
            "host %s does not see the folder %s that the driver writes to, or may not write there; it"
                    .formatted(host(), folder)
                + " must be on a file system that all hosts share");
      }
    }
  }

  /** The name of this host. */
  static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "(unknown)";
    }
  }

  @Override
  public void close() throws IOException {
    for (String mark : marks) {
      Files.deleteIfExists(Path.of(mark));
    }
  }

  /** A host lacks something. */
  static final class MissingPathException extends IOException {
    private static final long serialVersionUID = 1;

    MissingPathException(String message) {
      super(message);
    }
  }
}
