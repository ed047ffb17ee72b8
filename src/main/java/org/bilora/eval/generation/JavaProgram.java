package org.bilora.eval.generation;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program in a jar, run by this JVM's own {@code java} in a process of its own, which speaks
 * UTF-8 on its standard input and output.
 */
final class JavaProgram implements AutoCloseable {
  private final String name;
  private final Path errors;
  private final Process process;
  private final BufferedWriter input;
  private final BufferedReader output;

  /**
   * Starts it.
   *
   * @param name for messages
   * @param arguments of {@code java}: options, class or jar, arguments
   */
  JavaProgram(String name, List<String> arguments) throws IOException {
    this.name = name;
    this.errors = Files.createTempFile("bilora-", ".err");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dfile.encoding=UTF-8");
    command.add("-Dstdout.encoding=UTF-8");
    command.addAll(arguments);
    try {
      this.process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    } catch (IOException e) {
      Files.delete(errors);
      throw e;
    }
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** Sends a line at once. */
  void send(String line) throws IOException {
    try {
      input.write(line);
      input.write('\n');
      input.flush();
    } catch (IOException e) {
      throw ended(e);
    }
  }

  /**
   * The next line that it prints.
   *
   * @throws IOException when it has ended instead: its last complaint
   */
  String answer() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw ended(null);
    }
    return line;
  }

  /**
   * All lines until it ends by itself.
   *
   * @throws IOException when it ends with an error
   */
  List<String> answers() throws IOException {
    input.close();
    List<String> lines = output.lines().toList();
    if (exitCode() != 0) {
      throw ended(null);
    }
    return lines;
  }

  private int exitCode() throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while %s was running".formatted(name));
    }
  }

  private IOException ended(Throwable cause) throws IOException {
    int exitCode = exitCode();
    List<String> complaints =
        Files.readString(errors, StandardCharsets.ISO_8859_1)
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
            .toList();
    return new IOException(
        "%s ended with exit code %d: %s"
            .formatted(
                name,
                exitCode,
                complaints.isEmpty() ? "it said nothing" : complaints.get(complaints.size() - 1)),
        cause);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    Files.deleteIfExists(errors);
  }
}
