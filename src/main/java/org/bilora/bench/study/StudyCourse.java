package org.bilora.bench.study;

import com.google.common.base.Stopwatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.bilora.step.Lanes;
import org.bilora.train.RunSize;
import org.bilora.train.TrainingSettings;

/**
 * A study's cells that have no result yet, on their way to one in this process. Any number of
 * threads may run some of them.
 */
final class StudyCourse implements AutoCloseable {
  private final List<Cell> cells;
  private final Path directory;
  private final StudyRunner.Conduct conduct;
  private final TestBed bed;
  private final StudyListener listener;
  private final Stopwatch watch = Stopwatch.createStarted();
  private final StudyDirectory study;
  private final StudyEstimate estimate;

  /** Neither begun nor failed. */
  private final List<Cell> left;

  private final Map<CellRun, Cell> running = new LinkedHashMap<>();
  private int atOnce = 1;
  private boolean measured;
  private int failed;
  private volatile boolean stopRequested;

  private StudyCourse(
      List<Cell> cells,
      TestBed bed,
      Path directory,
      StudyRunner.Conduct conduct,
      StudyListener listener,
      StudyDirectory study) {
    this.cells = cells;
    this.directory = directory;
    this.conduct = conduct;
    this.bed = bed;
    this.listener = listener;
    this.study = study;
    this.estimate = new StudyEstimate(bed, new MeasuredSpeeds(directory));
    this.left = new ArrayList<>(study.left());
  }

  /**
   * Reads what is there, and measures how long the rest will take.
   *
   * @param cells all of the study or stage
   * @param stop is told how to stop, before anything takes its time
   * @throws IOException as {@link StudyRunner#run(TestBed)}
   */
  static StudyCourse open(
      List<Cell> cells,
      TestBed bed,
      Path directory,
      StudyRunner.Conduct conduct,
      StudyListener listener,
      Consumer<Runnable> stop)
      throws IOException {
    StudyDirectory study = StudyDirectory.open(cells, directory, conduct.keepRuns(), bed, listener);
    boolean done = false;
    try {
      StudyCourse course = new StudyCourse(cells, bed, directory, conduct, listener, study);
      stop.accept(course::requestStop);
      course.measured = course.measure();
      done = true;
      return course;
    } finally {
      if (!done) {
        study.close();
      }
    }
  }

  private boolean measure() throws IOException {
    study.found().values().forEach(estimate::finished);
    return !left.isEmpty() && estimate.measure(left, listener, () -> stopRequested);
  }

  /**
   * Says how long the cells will take; they are run after this.
   *
   * @param together cells that are computed at once
   */
  synchronized void begin(int together) {
    atOnce = together;
    listener.together(together);
    if (measured) {
      listener.estimated(left.size(), timeLeft());
    }
  }

  /** Of cells that have not begun, and of those that run, which are halfway on average. */
  private Duration timeLeft() {
    Duration begun =
        running.values().stream()
            .map(cell -> estimate.time(List.of(cell)))
            .reduce(Duration.ZERO, Duration::plus);
    return estimate.time(left).plus(begun.dividedBy(2)).dividedBy(atOnce);
  }

  /** The cells that had no result in the beginning, in the study's order. */
  List<Cell> cells() {
    return study.left();
  }

  /** How much a cell has to compute. */
  synchronized RunSize size(Cell cell) throws IOException {
    return estimate.size(cell);
  }

  /**
   * Runs a cell to its end and stores its result, unless no cell is to be begun any more.
   *
   * @param beside where it shares steps with others
   * @return whether another cell may follow
   * @throws IOException when data cannot be read, or the run or the result cannot be written
   */
  boolean run(Cell cell, Optional<Lanes.Member> beside) throws IOException {
    CellRun run = new CellRun(cell, bed, directory, conduct.checkpointing(), listener, beside);
    Optional<Started> started = start(cell, run);
    if (started.isEmpty()) {
      return false;
    }
    try {
      Optional<CellResult> result =
          run.result(started.get().settings(), started.get().leftAfterwards());
      if (result.isEmpty()) {
        putBack(cell);
        return false;
      }
      finish(result.get());
      return true;
    } catch (RuntimeException e) {
      fail(cell, e);
      return true;
    } finally {
      end(run);
    }
  }

  /** What a cell begins with. */
  private record Started(TrainingSettings settings, Duration leftAfterwards) {}

  private synchronized Optional<Started> start(Cell cell, CellRun run) {
    boolean over =
        conduct.mostTime().map(most -> watch.elapsed().compareTo(most) >= 0).orElse(false);
    if (stopRequested || over) {
      return Optional.empty();
    }
    listener.cellStarted(cell, cells.indexOf(cell) + 1, cells.size(), timeLeft());
    left.remove(cell);
    running.put(run, cell);
    return Optional.of(new Started(estimate.settings(cell), estimate.time(left).dividedBy(atOnce)));
  }

  private synchronized void putBack(Cell cell) {
    left.add(cell);
  }

  private synchronized void finish(CellResult result) throws IOException {
    study.store(result);
    estimate.finished(result);
    listener.cellFinished(result);
  }

  private synchronized void fail(Cell cell, RuntimeException failure) {
    failed++;
    listener.cellFailed(cell, failure);
  }

  private synchronized void end(CellRun run) {
    running.remove(run);
  }

  /** Ends all cells after their current step, with a checkpoint; may be called on any thread. */
  void requestStop() {
    stopRequested = true;
    synchronized (this) {
      running.keySet().forEach(CellRun::requestStop);
    }
  }

  /** How it ended. */
  synchronized StudyRunner.Summary summary() {
    int unfinished = left.size() + failed;
    return new StudyRunner.Summary(cells.size() - unfinished, unfinished, failed, stopRequested);
  }

  @Override
  public void close() throws IOException {
    study.close();
  }
}
