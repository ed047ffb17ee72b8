package org.bilora.bench.study;

import org.bilora.train.RunRecord;

/**
 * A finished cell.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param cell what decided it
 * @param key hash of {@code cell}
 * @param run everything known about its run, which is finished, or failed because it diverged
 */
public record CellResult(int formatVersion, Cell cell, String key, RunRecord run) {
  /** Version of the file's layout, raised when a field changes its meaning. */
  public static final int FORMAT_VERSION = 1;

  /** The result of a cell. */
  public static CellResult of(Cell cell, RunRecord run) {
    return new CellResult(FORMAT_VERSION, cell, cell.key(), run);
  }

  /** Whether training came to its end. */
  public boolean finished() {
    return run.status() == RunRecord.Status.FINISHED;
  }
}
