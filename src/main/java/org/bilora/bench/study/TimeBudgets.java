package org.bilora.bench.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bilora.train.TrainingSettings;

/** What cells whose budget is a time are run with: as many steps as fit into it here. */
public final class TimeBudgets {
  private static final StudyListener NOBODY = new StudyListener() {};

  private TimeBudgets() {}

  /**
   * Times the methods that no finished cell has decided the steps of.
   *
   * @param cells with a budget of time
   * @param found finished cells of the study, whose steps are those of their kind
   * @param directory the study's, where speeds are kept
   * @return settings in the order of the cells, with the same steps for all seeds
   */
  public static List<TrainingSettings> settings(
      List<Cell> cells, List<CellResult> found, TestBed bed, Path directory) throws IOException {
    StudyEstimate estimate = new StudyEstimate(bed, new MeasuredSpeeds(directory));
    found.forEach(estimate::finished);
    estimate.measure(cells, NOBODY, () -> false);
    return cells.stream().map(estimate::settings).toList();
  }
}
