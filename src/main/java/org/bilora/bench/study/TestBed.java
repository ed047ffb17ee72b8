package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bilora.data.Dataset;
import org.bilora.data.GenerationDataset;
import org.bilora.eval.generation.Meteor;
import org.bilora.eval.generation.SentenceTokenizer;
import org.bilora.generate.DecodingListener;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedModel;
import org.bilora.train.Checkpointing;
import org.bilora.train.RunRecord;
import org.bilora.train.RunSize;
import org.bilora.train.RunSpeed;
import org.bilora.train.Trainer;
import org.bilora.train.TrainingListener;
import org.bilora.train.TrainingSettings;

/**
 * What the cells of a study are run with: one pretrained model, and the data of the tasks, which is
 * read when a cell first asks for it.
 */
public sealed interface TestBed permits EncoderTestBed, DecoderTestBed {

  /** Reads a task by name. */
  @FunctionalInterface
  interface TaskSource<D> {
    /** Reads it. */
    D load(String task) throws IOException;
  }

  /**
   * For tasks with labels.
   *
   * @param model stays the caller's to close
   */
  static TestBed of(PretrainedEncoder model, TaskSource<Dataset> tasks) {
    return new EncoderTestBed(model, new StudyData(tasks));
  }

  /**
   * For generation tasks.
   *
   * @param model stays the caller's to close
   * @param ptb tokens of ROUGE-L, CIDEr and METEOR
   * @param meteor the official program, if there is one
   */
  static TestBed of(
      PretrainedDecoder model,
      TaskSource<GenerationDataset> tasks,
      SentenceTokenizer ptb,
      Optional<Meteor> meteor) {
    return new DecoderTestBed(model, tasks, ptb, meteor);
  }

  /** What every cell starts from. */
  PretrainedModel model();

  /**
   * Hash of the cell's data.
   *
   * @throws IOException when the task's files cannot be read, or lack what the cell needs
   */
  String dataSha256(Cell cell) throws IOException;

  /**
   * How much the cell's training has to compute.
   *
   * @param settings the cell's, or those that its budget of time comes to
   */
  RunSize size(Cell cell, TrainingSettings settings) throws IOException;

  /** How fast its method trains here, from so many timed steps. */
  RunSpeed speed(Cell cell, int steps) throws IOException;

  /** An estimate of the seconds that it takes to write the cell's texts; 0 where it writes none. */
  double secondsToGenerate(Cell cell) throws IOException;

  /**
   * Trains the cell into a run directory.
   *
   * @param settings the cell's, or those that its budget of time comes to
   */
  Trainer trainer(
      Cell cell,
      TrainingSettings settings,
      Path run,
      Checkpointing checkpointing,
      TrainingListener... listeners)
      throws IOException;

  /**
   * The result of a cell whose run is over, finished or diverged; of a generation task its texts
   * are written now.
   *
   * @param listener may throw to stop that
   * @throws IOException when the run directory is damaged, or a metric's program fails
   */
  CellResult result(Cell cell, RunRecord record, Path run, DecodingListener listener)
      throws IOException;
}
