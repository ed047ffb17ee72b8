package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Study;
import org.bilora.data.MetricName;
import org.bilora.train.EpochRecord;

/**
 * The results of a study that there are, ordered as the study is.
 *
 * @param study what was asked
 * @param cells all of its cells
 * @param results of those that are finished or diverged
 */
public record StudyResults(
    Study study, ImmutableList<Cell> cells, ImmutableMap<Cell, CellResult> results) {

  /** Tasks with a result, in the study's order. */
  List<String> tasks() {
    return study.tasks().stream()
        .filter(task -> results.keySet().stream().anyMatch(cell -> cell.task().equals(task)))
        .toList();
  }

  /** Labels of methods with a result, in the study's order. */
  List<String> methods() {
    Set<String> labels = new LinkedHashSet<>();
    for (Cell cell : cells) {
      if (results.containsKey(cell)) {
        labels.add(cell.method());
      }
    }
    return ImmutableList.copyOf(labels);
  }

  /** Results of a task and method that came to their end, by seed. */
  List<CellResult> of(String task, String method) {
    return cells.stream()
        .filter(cell -> cell.task().equals(task) && cell.method().equals(method))
        .map(results::get)
        .filter(result -> result != null && result.finished())
        .toList();
  }

  /** Some result of a task. */
  CellResult any(String task) {
    return results.values().stream()
        .filter(result -> result.cell().task().equals(task))
        .findFirst()
        .orElseThrow();
  }

  /** Some result of a task and method. */
  Optional<CellResult> any(String task, String method) {
    return of(task, method).stream().findFirst();
  }

  /** What picks a task's best epoch. */
  MetricName primaryMetric(String task) {
    return any(task).run().task().primaryMetric();
  }

  /** The primary metric of the best epoch; empty where it is undefined. */
  static OptionalDouble score(CellResult result) {
    return score(result, result.run().task().primaryMetric());
  }

  /** A metric of the best epoch; empty where it is undefined. */
  static OptionalDouble score(CellResult result, MetricName metric) {
    Optional<EpochRecord> best = result.run().bestEpoch();
    return best.isEmpty() ? OptionalDouble.empty() : defined(best.get().metrics().get(metric));
  }

  /** The primary metric of the last epoch; empty where it is undefined. */
  static OptionalDouble lastScore(CellResult result) {
    List<EpochRecord> epochs = result.run().epochs();
    return defined(
        epochs.get(epochs.size() - 1).metrics().get(result.run().task().primaryMetric()));
  }

  private static OptionalDouble defined(Double value) {
    return value == null || value.isNaN() ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /** Scores by seed. */
  Sample scores(String task, String method) {
    return sample(of(task, method).stream().map(StudyResults::score).toList());
  }

  /** The values there are. */
  static Sample sample(List<OptionalDouble> values) {
    return Sample.of(
        values.stream()
            .filter(OptionalDouble::isPresent)
            .mapToDouble(OptionalDouble::getAsDouble)
            .toArray());
  }

  /** Scores of the best epoch by seed, undefined ones left out. */
  Map<Long, Double> scoresBySeed(String task, String method) {
    ImmutableMap.Builder<Long, Double> scores = ImmutableMap.builder();
    for (CellResult result : of(task, method)) {
      score(result).ifPresent(score -> scores.put(result.cell().seed(), score));
    }
    return scores.buildOrThrow();
  }
}
