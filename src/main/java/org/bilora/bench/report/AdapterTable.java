package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.study.CellResult;
import org.bilora.train.AdapterStatistics;
import org.bilora.train.EpochRecord;

/** What became of P, Λ and Q. */
final class AdapterTable {
  private AdapterTable() {}

  static Table of(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        List<AdapterStatistics> first = at(results.of(task, method), 0);
        List<AdapterStatistics> last = at(results.of(task, method), -1);
        if (last.isEmpty()) {
          continue;
        }
        rows.add(
            ImmutableList.of(
                task,
                method,
                Table.figure(mean(first, AdapterStatistics::leftOrthogonality), 3),
                Table.figure(mean(last, AdapterStatistics::leftOrthogonality), 3),
                Table.figure(mean(first, AdapterStatistics::rightOrthogonality), 3),
                Table.figure(mean(last, AdapterStatistics::rightOrthogonality), 3),
                Table.figure(mean(last, AdapterTable::largest), 3),
                Table.figure(mean(last, AdapterTable::smallest), 3),
                Table.figure(mean(last, AdapterTable::usedRank), 2)));
      }
    }
    return new Table(
        "adapters",
        "Pseudo singular values and vectors",
        "Means over seeds and adapters; first and last are epochs. The used rank counts the λ whose"
            + " magnitude is above %s of the largest of all adapters."
                .formatted(AdapterStatistics.USED_SHARE),
        List.of(
            "task",
            "method",
            "‖PᵀP − I‖ first",
            "last",
            "‖QQᵀ − I‖ first",
            "last ",
            "largest λ",
            "smallest λ",
            "used rank"),
        rows);
  }

  private static List<AdapterStatistics> at(List<CellResult> cells, int epoch) {
    List<AdapterStatistics> found = new ArrayList<>();
    for (CellResult cell : cells) {
      List<EpochRecord> epochs = cell.run().epochs();
      epochs.get(Math.floorMod(epoch, epochs.size())).adapters().ifPresent(found::add);
    }
    return found;
  }

  private static double mean(
      List<AdapterStatistics> all, ToDoubleFunction<AdapterStatistics> value) {
    return all.stream().mapToDouble(value).average().orElseThrow();
  }

  private static double largest(AdapterStatistics adapters) {
    return adapters.lambda().values().stream()
        .mapToDouble(l -> l.stream().mapToDouble(v -> v).max().orElseThrow())
        .average()
        .orElseThrow();
  }

  private static double smallest(AdapterStatistics adapters) {
    return adapters.lambda().values().stream()
        .mapToDouble(l -> l.stream().mapToDouble(v -> v).min().orElseThrow())
        .average()
        .orElseThrow();
  }

  private static double usedRank(AdapterStatistics adapters) {
    return adapters.usedRank().values().stream().mapToInt(v -> v).average().orElseThrow();
  }
}
