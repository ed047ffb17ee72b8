package org.bilora.cli.option;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.bilora.weights.AtomicFile;

/**
 * Where a command writes: standard output for {@code -}, or what a path leads to. A regular file
 * appears whole or not at all; a pipe or a device is written to as a stream ({@link AtomicFile}).
 *
 * @param path as the user wrote it
 */
public record OutputFile(Path path) {
  private static final Set<String> STANDARD_OUTPUT =
      Set.of("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

  /** Produces the text. */
  @FunctionalInterface
  public interface Text {
    /** Writes everything to {@code out}, which the caller closes. */
    void writeTo(Writer out) throws IOException;
  }

  /** Whether it is standard output. */
  public boolean isStandardOutput() {
    return STANDARD_OUTPUT.contains(path.toString());
  }

  /**
   * Throws unless it can be written.
   *
   * @param in what is read, which must stay
   */
  public void check(Path in) throws IOException {
    check();
    if (!isStandardOutput()
        && Files.isRegularFile(path)
        && Files.exists(in)
        && Files.isSameFile(path, in)) {
      throw new IOException(path + " is the input too; write to another file");
    }
  }

  /** Throws unless it can be written. */
  public void check() throws IOException {
    if (isStandardOutput()) {
      return;
    }
    if (Files.isDirectory(path)) {
      throw new IOException(path + " is a folder; give a file's name");
    }
    if (Files.exists(path) && !Files.isWritable(path)) {
      throw new IOException(path + " cannot be written: no permission");
    }
    Path target = AtomicFile.target(path);
    if (AtomicFile.isStream(target)) {
      return;
    }
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException("%s cannot be written: there is no folder %s".formatted(path, folder));
    }
    if (!Files.isWritable(folder)) {
      throw new IOException("%s cannot be written: no permission for %s".formatted(path, folder));
    }
  }

  /**
   * Writes text, UTF-8.
   *
   * @param standardOutput where the text goes when that is meant
   * @throws IOException when it cannot be written, or standard output no longer takes it
   */
  public void write(PrintWriter standardOutput, Text text) throws IOException {
    if (isStandardOutput()) {
      Writer out = new CheckedWriter(standardOutput);
      text.writeTo(out);
      out.flush();
      return;
    }
    AtomicFile.write(
        path,
        stream -> {
          Writer out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
          text.writeTo(out);
          out.flush();
        });
  }

  /** Throws what a {@link PrintWriter} keeps to itself. */
  public static void requireWritten(PrintWriter standardOutput) throws IOException {
    if (standardOutput.checkError()) {
      throw new IOException(
          "standard output cannot be written: its disk is full, or its reader has gone");
    }
  }

  private static final class CheckedWriter extends Writer {
    private final PrintWriter out;

    private CheckedWriter(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void write(char[] text, int from, int count) {
      out.write(text, from, count);
    }

    @Override
    public void flush() throws IOException {
      requireWritten(out);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
