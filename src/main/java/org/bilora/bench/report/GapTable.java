package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.study.CellResult;
import org.bilora.train.EpochRecord;

/** How far held-out loss is above training loss. */
final class GapTable {
  private GapTable() {}

  static Table of(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        List<CellResult> cells = results.of(task, method);
        if (cells.isEmpty()) {
          continue;
        }
        rows.add(
            ImmutableList.of(
                task,
                method,
                Table.figure(mean(cells, epoch -> epoch.lowerLoss().orElse(Double.NaN)), 4),
                Table.figure(mean(cells, epoch -> epoch.upperLoss().orElse(Double.NaN)), 4),
                Table.figure(mean(cells, EpochRecord::devLoss), 4),
                Table.figure(mean(cells, GapTable::gap), 4),
                Table.figure(
                    cells.stream().mapToDouble(GapTable::gapOfBest).average().orElseThrow(), 4),
                Table.figure(
                    cells.stream()
                        .mapToInt(cell -> cell.run().best().orElseThrow().epoch())
                        .average()
                        .orElseThrow(),
                    1),
                Table.figure(cells.get(0).run().epochs().size(), 0)));
      }
    }
    return new Table(
        "generalisation",
        "Training against held-out loss",
        "Task loss without penalties, means over seeds, at the last epoch. The training loss is the"
            + " mean over the epoch's steps on D1 (or the training set), with dropout and before each"
            + " update, so that it lags; the gap is the held-out loss minus it."
            + smoothing(results),
        List.of(
            "task",
            "method",
            "training loss",
            "D2 loss",
            "held-out loss",
            "gap",
            "gap at the best epoch",
            "best epoch",
            "epochs"),
        rows);
  }

  /** A warning where training and held-out loss are not of one kind. */
  private static String smoothing(StudyResults results) {
    boolean smoothed =
        results.results().keySet().stream()
            .anyMatch(cell -> cell.settings().labelSmoothing().orElse(0) > 0);
    return smoothed
        ? " With label smoothing the training loss has the smoothing's share in it and the held-out"
            + " loss has none, so that their difference says nothing of generalisation."
        : "";
  }

  /** The generalisation gap after an epoch. */
  static double gap(EpochRecord epoch) {
    return epoch.devLoss() - epoch.lowerLoss().orElse(Double.NaN);
  }

  private static double gapOfBest(CellResult cell) {
    return gap(cell.run().bestEpoch().orElseThrow());
  }

  private static double mean(List<CellResult> cells, ToDoubleFunction<EpochRecord> value) {
    return cells.stream()
        .map(cell -> cell.run().epochs().get(cell.run().epochs().size() - 1))
        .mapToDouble(value)
        .average()
        .orElseThrow();
  }
}
