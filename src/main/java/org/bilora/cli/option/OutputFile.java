package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks where a command is to write before it does the work. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Throws unless {@code out} can become a file.
   *
   * @param in what is read, which must stay
   */
  public static void check(Path out, Path in) throws IOException {
    check(out);
    if (Files.exists(out) && Files.exists(in) && Files.isSameFile(out, in)) {
      throw new IOException(out + " is the input too; write to another file");
    }
  }

  /** Throws unless {@code out} can become a file. */
  public static void check(Path out) throws IOException {
    Path folder = out.toAbsolutePath().getParent();
    if (Files.isDirectory(out)) {
      throw new IOException(out + " is a folder; give a file's name");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException("%s cannot be written: there is no folder %s".formatted(out, folder));
    }
    if (!Files.isWritable(folder)) {
      throw new IOException("%s cannot be written: no permission for %s".formatted(out, folder));
    }
  }
}
