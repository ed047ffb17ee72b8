package org.bilora.bench.study;

import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
  private volatile boolean stopRequested;
  private volatile CellRun run;

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
    Stopwatch watch = Stopwatch.createStarted();
    try (StudyDirectory study =
        StudyDirectory.open(cells, directory, session.keepRuns(), bed, listener)) {
      return runLeft(study, bed, watch);
    }
  }

  private Summary runLeft(StudyDirectory study, TestBed bed, Stopwatch watch) throws IOException {
    StudyEstimate estimate = new StudyEstimate(bed, new MeasuredSpeeds(directory));
    study.found().values().forEach(estimate::finished);
    List<Cell> left = new ArrayList<>(study.left());
    if (!left.isEmpty() && estimate.measure(left, listener, () -> stopRequested)) {
      listener.estimated(left.size(), estimate.time(left));
    }
    int failed = 0;
    for (Cell cell : study.left()) {
      if (stopRequested || isOver(watch)) {
        break;
      }
      listener.cellStarted(cell, cells.indexOf(cell) + 1, cells.size(), estimate.time(left));
      left.remove(cell);
      try {
        Optional<CellResult> result = result(cell, bed, estimate, estimate.time(left));
        if (result.isEmpty()) {
          left.add(cell);
          break;
        }
        study.store(result.get());
        estimate.finished(result.get());
        listener.cellFinished(result.get());
      } catch (RuntimeException e) {
        failed++;
        listener.cellFailed(cell, e);
      }
    }
    int unfinished = left.size() + failed;
    return new Summary(cells.size() - unfinished, unfinished, failed, stopRequested);
  }

  private boolean isOver(Stopwatch watch) {
    return session.mostTime().map(most -> watch.elapsed().compareTo(most) >= 0).orElse(false);
  }

  /** The cell's result; empty when it was stopped on request. */
  private Optional<CellResult> result(
      Cell cell, TestBed bed, StudyEstimate estimate, Duration leftAfterwards) throws IOException {
    CellRun current = new CellRun(cell, bed, directory, session.checkpointing(), listener);
    run = current;
    if (stopRequested) {
      current.requestStop();
    }
    try {
      return current.result(estimate.settings(cell), leftAfterwards);
    } finally {
      run = null;
    }
  }

  /** Ends the session after the current step, with a checkpoint; may be called on any thread. */
  public void requestStop() {
    stopRequested = true;
    CellRun current = run;
    if (current != null) {
      current.requestStop();
    }
  }
}
