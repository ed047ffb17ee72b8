package org.bilora.scale.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.CollectionAccumulator;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellExecution;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.StudyDirectory;
import org.bilora.bench.study.StudyListener;
import org.bilora.bench.study.StudyRunner;
import org.bilora.train.RunJson;
import org.bilora.train.TrainingSettings;

/**
 * Runs the cells of a study on a Spark cluster, each as a job of one task, in the study's order: a
 * cell whose executors die four times ({@code spark.task.maxFailures}) fails alone. The driver
 * holds the study's lock, and writes a result as soon as it is there; executors write run
 * directories, so that a killed executor's cell goes on elsewhere from its last checkpoint.
 */
public final class SparkCells implements CellExecution {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

  /** How long tasks that were asked to stop may take to write a checkpoint. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** So long nothing may begin before the user hears of it. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final JavaSparkContext spark;
  private final CollectionAccumulator<String> openings = new CollectionAccumulator<>();
  private volatile boolean stopRequested;

  /**
   * On an application.
   *
   * @param spark stays the caller's to close
   */
  public SparkCells(JavaSparkContext spark) {
    this.spark = spark;
    spark.sc().register(openings, "openings of models");
  }

  /** A cell under way. */
  private record Job(Cell cell, JavaFutureAction<List<CellOutcome>> action) {}

  /** The executors that have opened the study's model and data, each as often as it did. */
  public List<String> openings() {
    return List.copyOf(openings.value());
  }

  @Override
  public StudyRunner.Summary run(
      Work work, StudyRunner.Conduct conduct, StudyListener listener, Consumer<Runnable> stop)
      throws IOException {
    long begun = System.currentTimeMillis();
    long noneAfter = conduct.mostTime().map(most -> begun + most.toMillis()).orElse(Long.MAX_VALUE);
    stop.accept(() -> stopRequested = true);
    Path directory = work.directory();
    try (StudyDirectory study =
            StudyDirectory.open(work.cells(), directory, conduct.keepRuns(), work.bed(), listener);
        SharedPaths paths = SharedPaths.of(work.source().paths(), directory);
        Executors executors = Executors.follow(spark, listener)) {
      Map<Cell, TrainingSettings> settings =
          TimedSettings.of(spark, work, study, paths, openings, listener);
      CellTask task =
          new CellTask(
              work.source(), paths, directory, conduct.checkpointing(), noneAfter, openings);
      List<Job> jobs = new ArrayList<>();
      for (Cell cell : study.left()) {
        spark.setJobDescription(cell.title());
        CellTask.Ordered ordered = CellTask.Ordered.of(cell, settings.get(cell));
        jobs.add(new Job(cell, spark.parallelize(List.of(ordered), 1).map(task).collectAsync()));
      }
      Outcome outcome = new Outcome(study, listener);
      try {
        follow(jobs, outcome, executors, listener);
      } finally {
        cancel(jobs, executors);
      }
      int all = work.cells().size();
      int unfinished = study.left().size() - outcome.finished;
      return new StudyRunner.Summary(all - unfinished, unfinished, outcome.failed, stopRequested);
    }
  }

  /** Takes what is done until all is, or a stop is asked for. */
  private void follow(List<Job> jobs, Outcome outcome, Executors executors, StudyListener listener)
      throws IOException {
    long begun = System.nanoTime();
    boolean told = false;
    List<Job> running = new ArrayList<>(jobs);
    while (!running.isEmpty() && !stopRequested) {
      for (Iterator<Job> each = running.iterator(); each.hasNext(); ) {
        Job job = each.next();
        if (job.action().isDone()) {
          each.remove();
          take(job, outcome);
        }
      }
      if (!told && executors.begun() == 0 && System.nanoTime() - begun > SILENCE.toNanos()) {
        told = true;
        listener.warned(
            "no executor has taken a cell for %d s; has the cluster the cores and the memory that were asked for?"
                .formatted(SILENCE.toSeconds()));
      }
      if (!running.isEmpty()) {
        pause();
      }
    }
  }

  private void take(Job job, Outcome outcome) throws IOException {
    try {
      outcome.take(job);
    } catch (IOException e) {
      // A signal ends Spark as it ends this program: cells that fail by that go on another time.
      if (!stopRequested) {
        throw e;
      }
    }
  }

  private static void cancel(List<Job> jobs, Executors executors) throws IOException {
    for (Job job : jobs) {
      if (!job.action().isDone()) {
        job.action().cancel(true);
      }
    }
    long begun = System.nanoTime();
    while (executors.running() > 0 && System.nanoTime() - begun < PATIENCE.toNanos()) {
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(BETWEEN_LOOKS.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the cells ran", e);
    }
  }

  /** What has become of the cells. */
  private static final class Outcome {
    private final StudyDirectory study;
    private final StudyListener listener;
    private int finished;
    private int failed;

    Outcome(StudyDirectory study, StudyListener listener) {
      this.study = study;
      this.listener = listener;
    }

    void take(Job job) throws IOException {
      CellOutcome outcome = outcome(job);
      if (outcome instanceof CellOutcome.Finished done) {
        done.warnings().forEach(listener::warned);
        CellResult result =
            RunJson.read(Path.of(job.cell().fileName()), done.json(), CellResult.class);
        study.store(result);
        finished++;
        listener.cellFinished(result);
      } else if (outcome instanceof CellOutcome.Failed reason) {
        failed++;
        listener.cellFailed(job.cell(), reason.failure());
      } else if (outcome instanceof CellOutcome.Refused refused) {
        throw new IOException(refused.reason());
      }
    }

    /**
     * What the task answered; a failure where it never did.
     *
     * @throws IOException when no cell can do better
     */
    private static CellOutcome outcome(Job job) throws IOException {
      try {
        return job.action().get().get(0);
      } catch (ExecutionException e) {
        IOException explained = SparkFailure.explained(e.getCause());
        if (SparkFailure.ofClassPath(e.getCause()) || SparkFailure.ofApplication(e.getCause())) {
          throw explained;
        }
        return new CellOutcome.Failed(new UncheckedIOException(explained));
      } catch (CancellationException e) {
        return new CellOutcome.Left();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the cells ran", e);
      }
    }
  }
}
