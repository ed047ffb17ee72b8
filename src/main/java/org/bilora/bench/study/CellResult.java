package org.bilora.bench.study;

import com.google.common.hash.Hashing;
import org.bilora.train.RunJson;
import org.bilora.train.RunRecord;

/**
 * A finished cell.
 *
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param cell what decided it
 * @param key hash of {@code cell}
 * @param run everything known about its run, which is finished, or failed because it diverged
 * @param sha256 of all other fields, which tells a damaged file
 */
public record CellResult(int formatVersion, Cell cell, String key, RunRecord run, String sha256) {
  /** Version of the file's layout, raised when a field changes its meaning. */
  public static final int FORMAT_VERSION = 1;

  /** The result of a cell. */
  public static CellResult of(Cell cell, RunRecord run) {
    return new CellResult(FORMAT_VERSION, cell, cell.key(), run, "").sealed();
  }

  /** Whether training came to its end. */
  public boolean finished() {
    return run.status() == RunRecord.Status.FINISHED;
  }

  /** Whether nothing was changed since it was written. */
  boolean intact() {
    return key.equals(cell.key()) && equals(sealed());
  }

  private CellResult sealed() {
    CellResult open = new CellResult(formatVersion, cell, key, run, "");
    String hash = Hashing.sha256().hashBytes(RunJson.write(open)).toString();
    return new CellResult(formatVersion, cell, key, run, hash);
  }
}
