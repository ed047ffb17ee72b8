package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bilora.bench.statistics.Holm;
import org.bilora.bench.statistics.PairedTest;

/** One method against every other one, on the same seeds. */
final class ComparisonTable {
  private record Comparison(String task, Measure measure, String other, PairedTest test) {}

  private ComparisonTable() {}

  /** By the chosen epoch, or by its texts. */
  static Table of(StudyResults results) {
    return of(results, "comparisons", "", results::comparedMeasures);
  }

  /** By the last epoch, which nobody chose. */
  static Table ofLastEpoch(StudyResults results) {
    return of(
        results,
        "comparisons_of_last_epochs",
        ", last epoch",
        task -> List.of(new Measure.OfLastEpoch(results.primaryMetric(task))));
  }

  private static Table of(
      StudyResults results, String id, String suffix, Function<String, List<Measure>> measures) {
    String compared = results.study().compared();
    List<Comparison> comparisons = new ArrayList<>();
    for (String task : results.tasks()) {
      for (Measure measure : measures.apply(task)) {
        for (String other : results.methods()) {
          if (!other.equals(compared)) {
            comparisons.add(
                new Comparison(
                    task, measure, other, results.compared(task, measure, compared, other)));
          }
        }
      }
    }
    double[] adjusted = Holm.adjust(comparisons.stream().mapToDouble(c -> c.test().p()).toArray());
    List<List<Object>> rows = new ArrayList<>();
    for (int i = 0; i < adjusted.length; i++) {
      Comparison comparison = comparisons.get(i);
      PairedTest test = comparison.test();
      double factor = comparison.measure().factor();
      rows.add(
          ImmutableList.of(
              comparison.measure() instanceof Measure.OfTexts
                  ? "%s, %s".formatted(comparison.task(), comparison.measure().id())
                  : comparison.task(),
              comparison.other(),
              Table.figure(test.differences().count(), 0),
              Table.figure(factor * test.differences().mean(), 2),
              Table.figure(factor * test.differences().low(), 2),
              Table.figure(factor * test.differences().high(), 2),
              Table.figure(test.p(), 4),
              Table.figure(adjusted[i], 4),
              Table.figure(test.wilcoxon(), 4)));
    }
    return new Table(
        id,
        "%s against every other method%s".formatted(compared, suffix),
        "%s on the same seeds; above 0 where %s is"
                .formatted(
                    results.study().generation()
                        ? "Difference of each metric, times 100 but for NIST and CIDEr,"
                        : "Difference of the primary metric, times 100,",
                    compared)
            + " ahead. p of the paired t-test, and the same after Holm's correction for all lines of"
            + " this table. Wilcoxon's signed-rank test needs six seeds to be able to reach 0.05.",
        List.of(
            "task",
            "against",
            "seeds",
            "difference",
            "95% low",
            "95% high",
            "p",
            "p (Holm)",
            "p (Wilcoxon)"),
        rows);
  }
}
