package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Where the cells of a study are computed: in this process, or elsewhere at the same time. */
@FunctionalInterface
public interface CellExecution {
  /**
   * What is to be run.
   *
   * @param cells all of the study or stage, with or without a result
   * @param bed in this process
   * @param source of the same bed elsewhere
   * @param directory the study's
   */
  record Work(List<Cell> cells, TestBed bed, BedSource source, Path directory) {
    /** Keeps a copy of the list. */
    public Work {
      cells = List.copyOf(cells);
    }
  }

  /** One cell after the other, in this process. */
  CellExecution HERE =
      (work, conduct, listener, stop) -> {
        StudyRunner runner = new StudyRunner(work.cells(), work.directory(), conduct, listener);
        stop.accept(runner::requestStop);
        return runner.run(work.bed());
      };

  /**
   * Runs the cells that have no result yet.
   *
   * @param stop is told how to stop; that may be called on any thread
   * @throws IOException as {@link StudyRunner#run(TestBed)}
   */
  StudyRunner.Summary run(
      Work work, StudyRunner.Conduct conduct, StudyListener listener, Consumer<Runnable> stop)
      throws IOException;
}
