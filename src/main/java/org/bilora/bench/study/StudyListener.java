package org.bilora.bench.study;

import java.time.Duration;
import java.util.List;
import org.bilora.train.TrainingListener;

/** Is told how a study goes, on the threads that run it. */
public interface StudyListener {

  /**
   * What is about to happen.
   *
   * @param cells of the whole study
   * @param finished have a result already
   * @param others result files in the directory that belong to other settings
   */
  default void started(int cells, int finished, int others) {}

  /** A method is about to be timed over a few steps, which takes as long as a compilation. */
  default void timing(Cell cell) {}

  /** It was timed. */
  default void timed(Cell cell) {}

  /**
   * Cells are run several at once, or one by one.
   *
   * @param cells that are computed at once
   */
  default void together(int cells) {}

  /**
   * How long the rest will take.
   *
   * @param cells that are left
   * @param time of all of them
   */
  default void estimated(int cells, Duration time) {}

  /**
   * A cell begins, or goes on where it was.
   *
   * @param number of the cell among all, counted from 1
   * @param cells of the whole study
   * @param left time of this cell and all later ones
   */
  default void cellStarted(Cell cell, int number, int cells, Duration left) {}

  /** Who follows the steps of the cell that begins. */
  default List<TrainingListener> followers(Cell cell, Duration leftAfterwards) {
    return List.of();
  }

  /** Some of the texts that a cell's trained model is to write are there. */
  default void decoded(Cell cell, int finished, int all) {}

  /** A cell's result was written. */
  default void cellFinished(CellResult result) {}

  /** A cell failed, and was not given a result; the study goes on with the next one. */
  default void cellFailed(Cell cell, RuntimeException failure) {}

  /** Something the user may want to know. */
  default void warned(String message) {}
}
