package org.bilora.bench.study;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.bilora.step.Lanes;
import org.bilora.train.Checkpointing;
import org.bilora.train.DivergedException;
import org.bilora.train.RunRecord;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

/**
 * One cell's way to its result, in its run directory below the study's. A run that was begun, here
 * or in a process that was killed, goes on where its last checkpoint was.
 */
public final class CellRun {
  private final Cell cell;
  private final TestBed bed;
  private final Path run;
  private final Checkpointing checkpointing;
  private final StudyListener listener;
  private final Optional<Lanes.Member> beside;
  private volatile boolean stopRequested;
  private volatile Trainer trainer;

  /**
   * Of a cell by itself.
   *
   * @param directory the study's
   * @param listener follows its steps
   */
  public CellRun(
      Cell cell, TestBed bed, Path directory, Checkpointing checkpointing, StudyListener listener) {
    this(cell, bed, directory, checkpointing, listener, Optional.empty());
  }

  /**
   * The same of a cell that may share steps with others.
   *
   * @param beside joined for the thread that runs it
   */
  CellRun(
      Cell cell,
      TestBed bed,
      Path directory,
      Checkpointing checkpointing,
      StudyListener listener,
      Optional<Lanes.Member> beside) {
    this.cell = cell;
    this.bed = bed;
    this.run = directory(directory, cell);
    this.checkpointing = checkpointing;
    this.listener = listener;
    this.beside = beside;
  }

  /** Where a cell is run. */
  static Path directory(Path study, Cell cell) {
    return study.resolve("runs").resolve(cell.fileName());
  }

  /**
   * Runs the cell to its end.
   *
   * @param settings the cell's, or those that its budget of time comes to; a run that was begun
   *     under such a budget keeps its own
   * @param leftAfterwards of the study, for those who follow the steps
   * @return the result; empty when it was stopped on request
   * @throws IOException when data cannot be read, or the run cannot be written
   */
  public Optional<CellResult> result(TrainingSettings settings, Duration leftAfterwards)
      throws IOException {
    Optional<RunRecord> record = train(settings, leftAfterwards);
    if (record.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(bed.result(cell, record.get(), run, this::decoded));
    } catch (CancellationException stopped) {
      return Optional.empty();
    }
  }

  private void decoded(int texts, int all) {
    listener.decoded(cell, texts, all);
    if (stopRequested && texts < all) {
      throw new CancellationException();
    }
  }

  /** The finished or diverged run; empty when it was stopped on request. */
  private Optional<RunRecord> train(TrainingSettings settings, Duration leftAfterwards)
      throws IOException {
    Optional<RunRecord> begun = begun();
    if (begun.isPresent() && begun.get().status() == RunRecord.Status.FINISHED) {
      return begun;
    }
    Trainer alone =
        bed.trainer(
            cell,
            settings(settings, begun),
            run,
            checkpointing,
            listener.followers(cell, leftAfterwards).toArray(TrainingListener[]::new));
    trainer = beside.map(alone::beside).orElse(alone);
    if (stopRequested) {
      return Optional.empty();
    }
    try {
      RunRecord record = begun.isPresent() ? resumed() : trainer.train();
      return Optional.of(record).filter(r -> r.status() == RunRecord.Status.FINISHED);
    } catch (DivergedException e) {
      return Optional.of(RunRecord.read(run));
    } finally {
      trainer = null;
    }
  }

  /** The steps that a budget of time came to stay those that the run began with. */
  private TrainingSettings settings(TrainingSettings settings, Optional<RunRecord> begun) {
    return cell.seconds().isPresent() && begun.isPresent()
        ? Budget.withSteps(cell.settings(), begun.get().settings().maxSteps())
        : settings;
  }

  private RunRecord resumed() throws IOException {
    try {
      return trainer.resume();
    } catch (IOException e) {
      listener.warned("%s; the cell begins anew".formatted(e.getMessage()));
      delete(run);
      return trainer.train();
    }
  }

  /** The record of a run that was begun; what was left too early to have one is removed. */
  private Optional<RunRecord> begun() throws IOException {
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

  /** Removes a run directory, where there is one. */
  static void delete(Path run) throws IOException {
    if (Files.exists(run)) {
      MoreFiles.deleteRecursively(run, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  /** Ends it after the current step, with a checkpoint; may be called on any thread. */
  public void requestStop() {
    stopRequested = true;
    Trainer current = trainer;
    if (current != null) {
      current.requestStop();
    }
  }
}
