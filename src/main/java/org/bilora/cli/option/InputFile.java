package org.bilora.cli.option;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a command reads: standard input for {@code -}, or a path, which may lead to a pipe.
 *
 * @param path as the user wrote it
 */
public record InputFile(Path path) {
  private static final Path STANDARD_INPUT = Path.of("standard input");

  /** Whether it is standard input. */
  public boolean isStandardInput() {
    return path.toString().equals("-");
  }

  /** As messages name it. */
  public Path name() {
    return isStandardInput() ? STANDARD_INPUT : path;
  }

  /**
   * Its bytes; to close those of standard input does nothing.
   *
   * @throws IOException when there is no such file
   */
  public InputStream open() throws IOException {
    if (isStandardInput()) {
      return new FilterInputStream(System.in) {
        @Override
        public void close() {
          // Not ours.
        }
      };
    }
    if (Files.isDirectory(path)) {
      throw new IOException(path + " is a folder; give a file");
    }
    try {
      return Files.newInputStream(path);
    } catch (FileSystemException e) {
      throw e.getReason() == null && !Files.exists(path)
          ? new IOException(path + ": there is no such file", e)
          : e;
    }
  }
}
