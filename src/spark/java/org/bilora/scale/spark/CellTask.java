package org.bilora.scale.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.CollectionAccumulator;
import org.bilora.bench.study.BedSource;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.CellRun;
import org.bilora.bench.study.StudyListener;
import org.bilora.bench.study.TestBed;
import org.bilora.train.Checkpointing;
import org.bilora.train.RunJson;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

/** Runs a cell on an executor, through the code of {@code bench}. */
final class CellTask implements Function<CellTask.Ordered, CellOutcome> {
  private static final long serialVersionUID = 1;
  private static final ObjectMapper JSON = RunJson.mapper();

  /** A bed per executor, which is never closed: the process ends with the application. */
  static final OncePerExecutor<BedSource, TestBed> BEDS = new OncePerExecutor<>(BedSource::open);

  /**
   * A cell as it is sent.
   *
   * @param cell as JSON
   * @param settings that it is run with, as JSON
   */
  record Ordered(byte[] cell, byte[] settings) implements java.io.Serializable {
    static Ordered of(Cell cell, TrainingSettings settings) {
      return new Ordered(RunJson.write(cell), RunJson.write(settings));
    }
  }

  private final byte[] source;
  private final SharedPaths paths;
  private final String directory;
  private final int checkpointSteps;
  private final Duration checkpointTime;
  private final long noneAfter;
  private final CollectionAccumulator<String> openings;

  /**
   * @param directory the study's
   * @param noneAfter milliseconds of the epoch after which no cell is begun
   * @param openings gets the executors that have made a bed
   */
  CellTask(
      BedSource source,
      SharedPaths paths,
      Path directory,
      Checkpointing checkpointing,
      long noneAfter,
      CollectionAccumulator<String> openings) {
    this.source = RunJson.write(source);
    this.paths = paths;
    this.directory = directory.toAbsolutePath().toString();
    this.checkpointSteps = checkpointing.everySteps();
    this.checkpointTime = checkpointing.everyTime();
    this.noneAfter = noneAfter;
    this.openings = openings;
  }

  @Override
  public CellOutcome call(Ordered ordered) throws IOException {
    if (System.currentTimeMillis() >= noneAfter) {
      return new CellOutcome.Left();
    }
    TestBed bed;
    try {
      bed = bed(source, paths, openings);
    } catch (SharedPaths.MissingPathException e) {
      return new CellOutcome.Refused(e.getMessage());
    } catch (IOException e) {
      return new CellOutcome.Refused("host %s: %s".formatted(SharedPaths.host(), e.getMessage()));
    }
    // One cell at a time, whatever Spark was told of cores: a step takes all of them.
    synchronized (bed) {
      return OncePerExecutor.withOwnClasses(() -> run(ordered, bed));
    }
  }

  /** The executor's bed. */
  static TestBed bed(byte[] source, SharedPaths paths, CollectionAccumulator<String> openings)
      throws IOException {
    paths.requireHere();
    return BEDS.of(JSON.readValue(source, BedSource.class), openings);
  }

  private CellOutcome run(Ordered ordered, TestBed bed) throws IOException {
    Cell cell = JSON.readValue(ordered.cell(), Cell.class);
    Followed followed = new Followed(TaskContext.get());
    CellRun run =
        new CellRun(
            cell,
            bed,
            Path.of(directory),
            new Checkpointing(checkpointSteps, checkpointTime),
            followed);
    followed.run = run;
    try {
      Optional<CellResult> result =
          run.result(JSON.readValue(ordered.settings(), TrainingSettings.class), Duration.ZERO);
      return result.isPresent()
          ? new CellOutcome.Finished(RunJson.write(result.get()), List.copyOf(followed.warnings))
          : new CellOutcome.Left();
    } catch (RuntimeException e) {
      return CellOutcome.Failed.of(e);
    }
  }

  /** Ends the run, with a checkpoint, when Spark ends the task. */
  private static final class Followed implements StudyListener {
    private final TaskContext task;
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private CellRun run;

    Followed(TaskContext task) {
      this.task = task;
    }

    @Override
    public List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
      return List.of(
          new TrainingListener() {
            @Override
            public void stepFinished(Progress progress) {
              stopWhereAsked();
            }

            @Override
            public void warned(String message) {
              warnings.add("%s: %s".formatted(cell.title(), message));
            }
          });
    }

    @Override
    public void decoded(Cell cell, int finished, int all) {
      stopWhereAsked();
    }

    @Override
    public void warned(String message) {
      warnings.add(message);
    }

    private void stopWhereAsked() {
      if (task.isInterrupted()) {
        run.requestStop();
      }
    }
  }
}
