package org.bilora.bench.study;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.bilora.data.Dataset;
import org.bilora.model.PretrainedEncoder;
import org.bilora.train.Checkpointing;
import org.bilora.train.DivergedException;
import org.bilora.train.RunRecord;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

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
  private final ResultStore store;
  private volatile boolean stopRequested;
  private volatile Trainer trainer;

  /** A runner of a study's cells in a directory. */
  public StudyRunner(List<Cell> cells, Path directory, Conduct session, StudyListener listener) {
    this.cells = ImmutableList.copyOf(cells);
    this.directory = directory;
    this.session = session;
    this.listener = listener;
    this.store = new ResultStore(directory, listener::warned);
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
    StudyLock lock = StudyLock.take(directory);
    try {
      store.removePartialFiles();
      return runLocked(bed);
    } finally {
      lock.close();
    }
  }

  private Summary runLocked(TestBed bed) throws IOException {
    Stopwatch watch = Stopwatch.createStarted();
    // Missing files are named before anything is computed.
    for (Cell cell : cells) {
      bed.dataSha256(cell);
    }
    Map<Cell, CellResult> results = store.read(cells);
    listener.started(cells.size(), results.size(), store.others());
    StudyEstimate estimate = new StudyEstimate(bed, new MeasuredSpeeds(directory));
    for (CellResult result : results.values()) {
      requireSame(result, bed);
      estimate.finished(result);
      dropRun(result.cell());
    }
    List<Cell> left = new ArrayList<>(cells);
    left.removeAll(results.keySet());
    if (!left.isEmpty() && estimate.measure(left, listener, () -> stopRequested)) {
      listener.estimated(left.size(), estimate.time(left));
    }
    int failed = 0;
    for (Cell cell : List.copyOf(left)) {
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
        store.write(result.get());
        estimate.finished(result.get());
        dropRun(cell);
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
    Optional<RunRecord> run = train(cell, bed, estimate, leftAfterwards);
    if (run.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          bed.result(
              cell, run.get(), runDirectory(cell), (texts, all) -> decoded(cell, texts, all)));
    } catch (CancellationException stopped) {
      return Optional.empty();
    }
  }

  private void decoded(Cell cell, int texts, int all) {
    listener.decoded(cell, texts, all);
    if (stopRequested && texts < all) {
      throw new CancellationException();
    }
  }

  /** The cell's finished or diverged run; empty when it was stopped on request. */
  private Optional<RunRecord> train(
      Cell cell, TestBed bed, StudyEstimate estimate, Duration leftAfterwards) throws IOException {
    Path run = runDirectory(cell);
    Optional<RunRecord> begun = begun(run);
    if (begun.isPresent() && begun.get().status() == RunRecord.Status.FINISHED) {
      return begun;
    }
    trainer =
        bed.trainer(
            cell,
            settings(cell, begun, estimate),
            run,
            session.checkpointing(),
            listener.followers(cell, leftAfterwards).toArray(TrainingListener[]::new));
    if (stopRequested) {
      return Optional.empty();
    }
    try {
      RunRecord record = begun.isPresent() ? resumed(run) : trainer.train();
      return Optional.of(record).filter(r -> r.status() == RunRecord.Status.FINISHED);
    } catch (DivergedException e) {
      return Optional.of(RunRecord.read(run));
    } finally {
      trainer = null;
    }
  }

  /** The steps that a budget of time came to stay those that the run began with. */
  private static TrainingSettings settings(
      Cell cell, Optional<RunRecord> begun, StudyEstimate estimate) {
    return cell.seconds().isPresent() && begun.isPresent()
        ? Budget.withSteps(cell.settings(), begun.get().settings().maxSteps())
        : estimate.settings(cell);
  }

  private RunRecord resumed(Path run) throws IOException {
    try {
      return trainer.resume();
    } catch (IOException e) {
      listener.warned("%s; the cell begins anew".formatted(e.getMessage()));
      delete(run);
      return trainer.train();
    }
  }

  /** The record of a run that was begun; what was left too early to have one is removed. */
  private Optional<RunRecord> begun(Path run) throws IOException {
    if (!Files.exists(run)) {
      return Optional.empty();
    }
    try {
      return Optional.of(RunRecord.read(run));
    } catch (IOException e) {
      delete(run);
      return Optional.empty();
    }
  }

  private void dropRun(Cell cell) throws IOException {
    if (!session.keepRuns()) {
      delete(runDirectory(cell));
    }
  }

  private Path runDirectory(Cell cell) {
    return directory.resolve("runs").resolve(cell.fileName());
  }

  private static void delete(Path run) throws IOException {
    if (Files.exists(run)) {
      MoreFiles.deleteRecursively(run, RecursiveDeleteOption.ALLOW_INSECURE);
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

  /** Ends the session after the current step, with a checkpoint; may be called on any thread. */
  public void requestStop() {
    stopRequested = true;
    Trainer current = trainer;
    if (current != null) {
      current.requestStop();
    }
  }
}
