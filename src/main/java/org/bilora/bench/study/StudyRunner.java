package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.model.PretrainedEncoder;
import org.bilora.train.Checkpointing;

/**
 * Runs the cells of a study that have no result yet, one after the other, in this process. It may
 * be killed at any moment: the next one goes on with the cell's run where its last checkpoint was.
 */
public final class StudyRunner {
  /**
   * How a session is run; without influence on the results.
   *
   * @param mostTime no cell is started after that much time; empty for no limit
   * @param keepRuns whether the run directories of finished cells stay
   * @param checkpointing of the runs
   */
  public record Conduct(
      Optional<Duration> mostTime, boolean keepRuns, Checkpointing checkpointing) {}

  /**
   * How a session ended.
   *
   * @param finished cells with a result
   * @param left cells without one
   * @param failed cells among them that were tried and failed
   * @param stopped whether it ended because it was asked to
   */
  public record Summary(int finished, int left, int failed, boolean stopped) {
    /** Of this session and another one together. */
    public Summary and(Summary other) {
      return new Summary(
          finished + other.finished,
          left + other.left,
          failed + other.failed,
          stopped || other.stopped);
    }
  }

  private final List<Cell> cells;
  private final Path directory;
  private final Conduct session;
  private final StudyListener listener;
  private boolean stopRequested;
  private Runnable stop = () -> {};

  /** A runner of a study's cells in a directory. */
  public StudyRunner(List<Cell> cells, Path directory, Conduct session, StudyListener listener) {
    this.cells = List.copyOf(cells);
    this.directory = directory;
    this.session = session;
    this.listener = listener;
  }

  /**
   * Runs what is left.
   *
   * @param model stays the caller's to close
   * @param tasks reads a task by name
   * @throws IOException when data cannot be read, results cannot be written or were made with other
   *     data or another model, or another process works in the directory
   */
  public Summary run(PretrainedEncoder model, TestBed.TaskSource<Dataset> tasks)
      throws IOException {
    return run(TestBed.of(model, tasks));
  }

  /**
   * Runs what is left on a bed.
   *
   * @throws IOException as for {@link #run(PretrainedEncoder, TestBed.TaskSource)}
   */
  public Summary run(TestBed bed) throws IOException {
    try (StudyCourse course =
        StudyCourse.open(cells, bed, directory, session, listener, this::stopBy)) {
      course.begin(1);
      for (Cell cell : course.cells()) {
        if (!course.run(cell, Optional.empty())) {
          break;
        }
      }
      return course.summary();
    }
  }

  private synchronized void stopBy(Runnable how) {
    stop = how;
    if (stopRequested) {
      how.run();
    }
  }

  /** Ends the session after the current step, with a checkpoint; may be called on any thread. */
  public synchronized void requestStop() {
    stopRequested = true;
    stop.run();
  }
}
