package org.bilora.data;

import java.io.IOException;

/** A line or row that cannot be used, where those after it still can be read. */
final class InvalidRowException extends IOException {
  private static final long serialVersionUID = 1;

  private final int line;
  private final String problem;

  InvalidRowException(TextFile file, int line, String problem) {
    super("%s, line %d: %s".formatted(file.path(), line, problem));
    this.line = line;
    this.problem = problem;
  }

  /** Where it begins, counted from 1. */
  int line() {
    return line;
  }

  /** What is wrong, without where it is. */
  String problem() {
    return problem;
  }

  /** The same without the file's name, for a list of many. */
  String withoutFile() {
    return "line %d: %s".formatted(line, problem);
  }
}
