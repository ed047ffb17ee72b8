package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.bilora.bench.statistics.Sample;

/** How well the methods did. */
final class ScoreTables {
  private static final String AT_CHANCE = " **at chance**";

  private ScoreTables() {}

  /** A line per method, a column per task: mean ± standard deviation of the primary metric. */
  static Table overview(StudyResults results) {
    List<String> columns = new ArrayList<>(List.of("method"));
    for (String task : results.tasks()) {
      columns.add("%s (%s)".formatted(task, results.primaryMetric(task).id()));
    }
    List<String> learnt = results.tasks().stream().filter(results::learnt).toList();
    if (learnt.size() > 1) {
      columns.add(
          learnt.size() == results.tasks().size()
              ? "mean of tasks"
              : "mean of " + String.join(", ", learnt));
    }
    List<List<Object>> rows = new ArrayList<>();
    for (String method : results.methods()) {
      List<Object> row = new ArrayList<>(List.of(method));
      double sum = 0;
      for (String task : results.tasks()) {
        Sample sample = results.scores(task, method);
        row.add(withSpread(sample, 100, 1) + (results.atChance(task, method) ? AT_CHANCE : ""));
        sum += learnt.contains(task) ? sample.mean() : 0;
      }
      if (learnt.size() > 1) {
        row.add(Table.figure(100 * sum / learnt.size(), 1));
      }
      rows.add(row);
    }
    return new Table(
        "scores",
        "Scores",
        "Times 100: mean ± standard deviation over seeds, and how many seeds there are. Each run"
            + " counts with the epoch whose values were kept."
            + warning(results, learnt),
        columns,
        rows);
  }

  private static String warning(StudyResults results, List<String> learnt) {
    boolean some =
        results.tasks().stream()
            .anyMatch(task -> results.methods().stream().anyMatch(m -> results.atChance(task, m)));
    List<String> unknown =
        results.tasks().stream().filter(task -> results.constant(task).isEmpty()).toList();
    String older =
        unknown.isEmpty()
            ? ""
            : " What the largest class alone would score is not known of %s, whose results are older."
                .formatted(String.join(", ", unknown));
    if (!some) {
      return older;
    }
    return " **At chance** is what is not above the best constant answer on this held-out set (the"
        + " largest class, or no correlation) by more than 1.645 standard errors of its size: nothing"
        + " can be read off such a score."
        + (learnt.size() < results.tasks().size()
            ? " Tasks that no method learnt are left out of means."
            : "")
        + older;
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
        for (Measure measure : results.measures(task)) {
          boolean chance = measure.equals(results.chosenBy(task)) && results.atChance(task, method);
          Sample best = results.scores(task, method, measure);
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
                  Table.figure(diverged, 0),
                  chance ? "at chance" : ""));
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
            "diverged",
            "warning"),
        rows);
  }

  private static long diverged(StudyResults results, String task, String method) {
    return results.results().values().stream()
        .filter(r -> results.task(r.cell()).equals(task) && r.cell().method().equals(method))
        .filter(r -> !r.finished())
        .count();
  }
}
