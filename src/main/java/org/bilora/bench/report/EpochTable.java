package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.study.CellResult;
import org.bilora.data.MetricName;
import org.bilora.train.EpochRecord;

/** The chosen epoch beside the best one and the last: the last one says who overfits. */
final class EpochTable {
  private EpochTable() {}

  static Table of(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      Measure chosen = results.chosenBy(task);
      MetricName metric = results.primaryMetric(task);
      for (String method : results.methods()) {
        List<CellResult> cells = results.of(task, method);
        if (cells.isEmpty()) {
          continue;
        }
        int decimals = chosen.factor() == 1 ? 2 : 1;
        rows.add(
            ImmutableList.of(
                task,
                method,
                metric.id(),
                ScoreTables.withSpread(
                    results.scores(task, method, chosen), chosen.factor(), decimals),
                ScoreTables.withSpread(
                    results.scores(task, method, new Measure.OfBestEpoch(metric)),
                    chosen.factor(),
                    decimals),
                ScoreTables.withSpread(
                    results.scores(task, method, new Measure.OfLastEpoch(metric)),
                    chosen.factor(),
                    decimals),
                figure(cells, EpochTable::chosen, EpochRecord::devLoss),
                Table.figure(
                    cells.stream()
                        .mapToDouble(
                            cell ->
                                cell.run().epochs().stream()
                                    .mapToDouble(EpochRecord::devLoss)
                                    .min()
                                    .orElseThrow())
                        .average()
                        .orElseThrow(),
                    4),
                figure(cells, StudyResults::last, EpochRecord::devLoss),
                figure(cells, EpochTable::chosen, EpochTable::calibration),
                figure(cells, StudyResults::last, EpochTable::calibration)));
      }
    }
    return new Table(
        "epochs",
        "Chosen, best and last epoch",
        "On the held-out set that is reported. The chosen epoch is the one whose values are kept; the"
            + " best one is chosen by the reported scores themselves and flatters; the last one is"
            + " not chosen, so that it says who overfits. Losses and the expected calibration error (15"
            + " bins) are means over seeds; the least loss is that of each run's own best epoch by"
            + " loss.",
        List.of(
            "task",
            "method",
            "metric",
            "chosen",
            "best",
            "last",
            "held-out loss, chosen",
            "least",
            "last ",
            "calibration error, chosen",
            "last  "),
        rows);
  }

  private static EpochRecord chosen(CellResult cell) {
    return cell.run().bestEpoch().orElseThrow();
  }

  private static double calibration(EpochRecord epoch) {
    return epoch.calibrationError().orElse(Double.NaN);
  }

  private static Table.Figure figure(
      List<CellResult> cells,
      Function<CellResult, EpochRecord> epoch,
      ToDoubleFunction<EpochRecord> value) {
    return Table.figure(
        cells.stream()
            .mapToDouble(cell -> value.applyAsDouble(epoch.apply(cell)))
            .average()
            .orElseThrow(),
        4);
  }
}
