package org.bilora.data;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Rows of a user's file that cannot be used. The message has a line for the file and one for each
 * of the first rows.
 */
public final class InvalidRowsException extends IOException {
  private static final long serialVersionUID = 1;

  private final int count;

  InvalidRowsException(String what, List<String> first, int count) {
    super(
        "%s; repair or delete them, or leave them out with --skip-invalid:%n%s%s"
            .formatted(
                what,
                first.stream().map(row -> "  " + row).collect(Collectors.joining("\n")),
                count > first.size() ? "\n  … and %,d more".formatted(count - first.size()) : ""));
    this.count = count;
  }

  /** How many rows. */
  public int count() {
    return count;
  }
}
