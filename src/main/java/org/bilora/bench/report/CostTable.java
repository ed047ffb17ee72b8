package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.CellResult;
import org.bilora.data.MetricName;
import org.bilora.train.EpochRecord;

/** What the methods cost. */
final class CostTable {
  private static final String LORA = "lora";

  private CostTable() {}

  static Table of(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      Map<Long, Double> goal = results.bySeed(task, LORA, results.chosenBy(task));
      for (String method : results.methods()) {
        List<CellResult> cells = results.of(task, method);
        if (cells.isEmpty()) {
          continue;
        }
        List<OptionalDouble> times =
            cells.stream()
                .filter(cell -> goal.containsKey(cell.cell().seed()))
                .map(cell -> secondsTo(cell, goal.get(cell.cell().seed())))
                .toList();
        Sample reached = StudyResults.sample(times);
        rows.add(
            ImmutableList.of(
                task,
                method,
                Table.figure(cells.get(0).run().trainedParameters(), 0),
                Table.figure(mean(cells.stream().map(c -> c.run().secondsPerStep()).toList()), 3),
                Table.figure(cells.get(0).run().steps(), 0),
                Table.figure(
                    cells.stream().mapToDouble(c -> c.run().seconds()).average().orElseThrow(), 0),
                Table.figure(reached.mean(), 0),
                "%d of %d".formatted(reached.count(), times.size()),
                Table.figure(
                    mean(
                        cells.stream()
                            .map(c -> c.run().peakMemoryBytes())
                            .map(
                                b ->
                                    b.isPresent()
                                        ? OptionalDouble.of(b.getAsLong() / 1048576.0)
                                        : OptionalDouble.empty())
                            .toList()),
                    0)));
      }
    }
    return new Table(
        "costs",
        "Costs",
        "Seconds are of the wall clock, means over seeds. A step's time is the median without the"
            + " steps that were compiled; the whole run's and the time to lora's score include"
            + " compilation and evaluations. Lora's score is what lora reached on the same seed in"
            + " its best epoch, and the time is that of the first epoch that is as good, among the"
            + " seeds that got there. Peak memory is the process's, which ran all cells of a"
            + " sitting."
            + (results.study().generation()
                ? " The score is the perplexity of the dev split; writing texts is not counted."
                : ""),
        List.of(
            "task",
            "method",
            "trained parameters",
            "seconds per step",
            "steps",
            "seconds",
            "seconds to lora's score",
            "seeds that reach it",
            "peak memory, MiB"),
        rows);
  }

  private static OptionalDouble secondsTo(CellResult result, double goal) {
    double seconds = 0;
    for (EpochRecord epoch : result.run().epochs()) {
      seconds += epoch.seconds();
      MetricName metric = result.run().task().primaryMetric();
      double value = epoch.metrics().get(metric);
      if (value == goal || metric.better(value, goal)) {
        return OptionalDouble.of(seconds);
      }
    }
    return OptionalDouble.empty();
  }

  private static double mean(List<OptionalDouble> values) {
    return StudyResults.sample(values).mean();
  }
}
