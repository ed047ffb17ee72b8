package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Tasks by name. */
public final class Tasks {
  private Tasks() {}

  /** Names that {@link #load} takes, each with one line on what it is. */
  public static ImmutableList<String> names() {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads a task.
   *
   * @param task a GLUE task, {@code grammar}, or {@code custom} for the user's own files
   * @param data the folder of the task's files (or GLUE's own folder above it), or one file; empty
   *     for a built-in task
   * @throws IOException when a file is missing or cannot be read as the task's format: what, which
   *     file and line, what to do
   */
  public static Dataset load(String task, Optional<Path> data) throws IOException {
    throw new UnsupportedOperationException();
  }
}
