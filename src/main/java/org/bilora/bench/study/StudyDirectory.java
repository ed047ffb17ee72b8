package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A study's directory while a process works on it, which holds its lock: the results that are
 * there, the cells that are left, and where results go.
 */
public final class StudyDirectory implements AutoCloseable {
  private final Path directory;
  private final boolean keepRuns;
  private final StudyLock lock;
  private final ResultStore store;
  private final Map<Cell, CellResult> found;
  private final List<Cell> left;

  private StudyDirectory(
      Path directory,
      boolean keepRuns,
      StudyLock lock,
      ResultStore store,
      Map<Cell, CellResult> found,
      List<Cell> left) {
    this.directory = directory;
    this.keepRuns = keepRuns;
    this.lock = lock;
    this.store = store;
    this.found = found;
    this.left = left;
  }

  /**
   * Takes the lock and reads what is there.
   *
   * @param cells all of the study or stage
   * @param keepRuns whether run directories of finished cells stay
   * @param listener hears how much is there
   * @throws IOException when data cannot be read, results were made with other data or another
   *     model, or another process works in the directory
   */
  public static StudyDirectory open(
      List<Cell> cells, Path directory, boolean keepRuns, TestBed bed, StudyListener listener)
      throws IOException {
    StudyLock lock = StudyLock.take(directory);
    boolean done = false;
    try {
      ResultStore store = new ResultStore(directory, listener::warned);
      store.removePartialFiles();
      // Missing files are named before anything is computed.
      for (Cell cell : cells) {
        bed.dataSha256(cell);
      }
      Map<Cell, CellResult> found = store.read(cells);
      listener.started(cells.size(), found.size(), store.others());
      List<Cell> left = new ArrayList<>(cells);
      left.removeAll(found.keySet());
      StudyDirectory opened =
          new StudyDirectory(directory, keepRuns, lock, store, found, List.copyOf(left));
      for (CellResult result : found.values()) {
        requireSame(result, bed);
        opened.dropRun(result.cell());
      }
      done = true;
      return opened;
    } finally {
      if (!done) {
        lock.close();
      }
    }
  }

  private static void requireSame(CellResult result, TestBed bed) throws IOException {
    boolean sameData = result.run().provenance().dataSha256().equals(bed.dataSha256(result.cell()));
    if (!sameData || !result.run().model().sha256().equals(bed.model().sha256())) {
      throw new IOException(
          "the result of cell %s was made with %s than now; restore it, or give another directory"
              .formatted(
                  result.cell().title(),
                  sameData ? "another model " + bed.model().name() : "other data of its task"));
    }
  }

  /** The results that were there when it was opened. */
  public Map<Cell, CellResult> found() {
    return found;
  }

  /** The cells that had none. */
  public List<Cell> left() {
    return left;
  }

  /** Keeps a result; its run directory has served. */
  public void store(CellResult result) throws IOException {
    store.write(result);
    dropRun(result.cell());
  }

  private void dropRun(Cell cell) throws IOException {
    if (!keepRuns) {
      CellRun.delete(CellRun.directory(directory, cell));
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
