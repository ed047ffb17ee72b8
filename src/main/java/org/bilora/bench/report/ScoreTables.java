package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.CellResult;

/** How well the methods did. */
final class ScoreTables {
  private ScoreTables() {}

  /** A line per method, a column per task: mean ± standard deviation of the primary metric. */
  static Table overview(StudyResults results) {
    List<String> columns = new ArrayList<>(List.of("method"));
    for (String task : results.tasks()) {
      columns.add("%s (%s)".formatted(task, results.primaryMetric(task).id()));
    }
    columns.add("mean of tasks");
    List<List<Object>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<Object> row = new ArrayList<>(List.of(method));
      double sum = 0;
      for (String task : results.tasks()) {
        Sample sample = results.scores(task, method);
        sum += sample.mean();
        row.add(withSpread(sample, 100, 1));
      }
      row.add(Table.figure(100 * sum / results.tasks().size(), 1));
      rows.add(row);
    }
    return new Table(
        "scores",
        "Scores",
        "Times 100: mean ± standard deviation over seeds, and how many seeds there are. Each run"
            + " counts with its best epoch on what it is evaluated on, as is usual on GLUE.",
        columns,
        rows);
  }

  /** Mean ± standard deviation and the number of seeds, times a factor. */
  static String withSpread(Sample sample, double factor, int decimals) {
    if (sample.count() == 0) {
      return "–";
    }
    Table.Figure mean = Table.figure(factor * sample.mean(), decimals);
    return sample.count() == 1
        ? "%s (1)".formatted(mean)
        : "%s ± %s (%d)"
            .formatted(
                mean, Table.figure(factor * sample.standardDeviation(), decimals), sample.count());
  }

  /** A line per task, method and metric. */
  static Table details(StudyResults results) {
    List<List<Object>> rows = new ArrayList<>();
    for (String task : results.tasks()) {
      for (String method : results.methods()) {
        List<CellResult> cells = results.of(task, method);
        for (Measure measure : results.measures(task)) {
          Sample best = results.scores(task, method, measure);
          Sample last =
              measure.equals(results.chosenBy(task))
                  ? StudyResults.sample(cells.stream().map(StudyResults::lastScore).toList())
                  : Sample.of();
          long diverged = diverged(results, task, method);
          rows.add(
              ImmutableList.of(
                  task,
                  method,
                  measure.id(),
                  Table.figure(best.count(), 0),
                  Table.figure(best.mean(), 4),
                  Table.figure(best.standardDeviation(), 4),
                  Table.figure(best.low(), 4),
                  Table.figure(best.high(), 4),
                  Table.figure(last.mean(), 4),
                  Table.figure(diverged, 0)));
        }
      }
    }
    return new Table(
        "score_details",
        "Scores in detail",
        "The 95% interval is Student's, of the mean over seeds. Runs that diverged, or whose metric"
            + " is undefined, are left out of it.",
        List.of(
            "task",
            "method",
            "metric",
            "seeds",
            "mean",
            "standard deviation",
            "95% low",
            "95% high",
            "mean of last epochs",
            "diverged"),
        rows);
  }

  private static long diverged(StudyResults results, String task, String method) {
    return results.results().values().stream()
        .filter(r -> results.task(r.cell()).equals(task) && r.cell().method().equals(method))
        .filter(r -> !r.finished())
        .count();
  }
}
