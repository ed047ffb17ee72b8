package org.bilora.scale.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.util.CollectionAccumulator;
import org.bilora.eval.Prediction;
import org.bilora.model.PretrainedEncoders;
import org.bilora.train.TrainedRun;

/** Answers for rows on an executor with a run that all of its tasks share. */
final class Predictor implements Serializable {
  private static final long serialVersionUID = 1;

  private static final OncePerExecutor<Run, TrainedRun> RUNS = new OncePerExecutor<>(Run::open);

  /**
   * A run.
   *
   * @param directory absolute
   * @param folder that the name of its model is relative to
   */
  record Run(String directory, String folder) implements Serializable {
    TrainedRun open() throws IOException {
      return TrainedRun.open(
          Path.of(directory), model -> PretrainedEncoders.loadFrom(Path.of(folder), model));
    }
  }

  private final Run run;
  private final SharedPaths paths;
  private final CollectionAccumulator<String> openings;

  /**
   * @param openings gets the executors that have opened the run
   */
  Predictor(Run run, SharedPaths paths, CollectionAccumulator<String> openings) {
    this.run = run;
    this.paths = paths;
    this.openings = openings;
  }

  /**
   * The run, opened at an executor's first call.
   *
   * @throws IOException when this host lacks a file, or the run is damaged
   */
  TrainedRun open() throws IOException {
    paths.requireHere();
    return RUNS.of(run, openings);
  }

  /** Predictions in the order of the rows. */
  static List<Prediction> predict(TrainedRun trained, RowChunk chunk) {
    return trained.predict(chunk.rows().stream().map(RowChunk.SentRow::example).toList());
  }
}
