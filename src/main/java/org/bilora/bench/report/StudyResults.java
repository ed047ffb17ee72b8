package org.bilora.bench.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.bench.statistics.PairedTest;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.Cell;
import org.bilora.bench.study.CellResult;
import org.bilora.bench.study.Regime;
import org.bilora.bench.study.Study;
import org.bilora.data.MetricName;
import org.bilora.eval.ConstantAnswer;
import org.bilora.eval.generation.GenerationMetric;
import org.bilora.train.EpochRecord;

/**
 * The results of a study that there are, ordered as the study is.
 *
 * @param study what was asked
 * @param cells all of its cells
 * @param results of those that are finished or diverged
 */
public record StudyResults(Study study, List<Cell> cells, Map<Cell, CellResult> results) {
  /** Keeps copies of the collections. */
  public StudyResults {
    cells = ImmutableList.copyOf(cells);
    results = ImmutableMap.copyOf(results);
  }

  /**
   * What is compared for itself and has a result, in the study's order: its tasks, or {@code rte,
   * 100 examples} and the like where the study has several regimes of a task.
   */
  List<String> tasks() {
    Set<String> found = new LinkedHashSet<>();
    results.keySet().forEach(cell -> found.add(task(cell)));
    return study.regimes().stream().map(study::label).filter(found::contains).toList();
  }

  /** A cell's place in {@link #tasks()}. */
  String task(Cell cell) {
    return study.label(cell.regime());
  }

  /** The name, as a study file has it, of what {@link #tasks()} calls so. */
  String taskName(String label) {
    return study.regimes().stream()
        .filter(regime -> study.label(regime).equals(label))
        .map(Regime::task)
        .findFirst()
        .orElseThrow();
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
        .filter(cell -> task(cell).equals(task) && cell.method().equals(method))
        .map(results::get)
        .filter(result -> result != null && result.finished())
        .toList();
  }

  /** Some result of a task. */
  CellResult any(String task) {
    return results.values().stream()
        .filter(result -> task(result.cell()).equals(task))
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

  /** All that a task's results are judged by, the most important one first. */
  List<Measure> measures(String task) {
    ImmutableList.Builder<Measure> measures = ImmutableList.builder();
    measures.addAll(textMeasures(task));
    for (MetricName metric : any(task).run().task().metrics()) {
      measures.add(new Measure.OfChosenEpoch(metric));
    }
    return measures.build();
  }

  /** The metrics that some result of a task has for its texts. */
  List<Measure> textMeasures(String task) {
    return Arrays.stream(GenerationMetric.values())
        .<Measure>map(Measure.OfTexts::new)
        .filter(
            measure ->
                results.values().stream()
                    .filter(result -> task(result.cell()).equals(task))
                    .anyMatch(result -> measure.of(result).isPresent()))
        .toList();
  }

  /** What methods are tested against each other by: all of texts, else the primary metric. */
  List<Measure> comparedMeasures(String task) {
    List<Measure> ofTexts = textMeasures(task);
    return ofTexts.isEmpty() ? List.of(chosenBy(task)) : ofTexts;
  }

  /** The primary metric, which picks a task's best epoch. */
  Measure chosenBy(String task) {
    return new Measure.OfChosenEpoch(primaryMetric(task));
  }

  /** A run's last epoch. */
  static EpochRecord last(CellResult result) {
    List<EpochRecord> epochs = result.run().epochs();
    return epochs.get(epochs.size() - 1);
  }

  /** What the best constant answer scores of the primary metric; empty where that is not known. */
  OptionalDouble constant(String task) {
    MetricName metric = primaryMetric(task);
    Optional<Double> recorded =
        results.values().stream()
            .filter(result -> task(result.cell()).equals(task))
            .flatMap(result -> result.constant().stream())
            .flatMap(constant -> Stream.ofNullable(constant.get(metric)))
            .findFirst();
    if (recorded.isPresent()) {
      return OptionalDouble.of(recorded.get());
    }
    return switch (metric) {
      // What a constant scores of them does not depend on the labels.
      case MATTHEWS, PEARSON, SPEARMAN -> OptionalDouble.of(0);
      default -> OptionalDouble.empty();
    };
  }

  /** Whether a method's score may be that of a model that knows nothing of the texts. */
  boolean atChance(String task, String method) {
    OptionalDouble constant = constant(task);
    Sample scores = scores(task, method);
    return constant.isPresent()
        && scores.count() > 0
        && scores.mean()
            <= ConstantAnswer.threshold(
                primaryMetric(task), constant.getAsDouble(), any(task).run().examples().dev());
  }

  /** Whether some method learnt the task. */
  boolean learnt(String task) {
    return methods().stream()
        .anyMatch(method -> scores(task, method).count() > 0 && !atChance(task, method));
  }

  /** The commits of the code that made the results, in order. */
  List<String> commits() {
    return results.values().stream()
        .map(result -> result.run().provenance().commit())
        .distinct()
        .sorted()
        .toList();
  }

  /** Primary metrics by seed. */
  Sample scores(String task, String method) {
    return scores(task, method, chosenBy(task));
  }

  /** Values by seed. */
  Sample scores(String task, String method, Measure measure) {
    return sample(of(task, method).stream().map(measure::of).toList());
  }

  /** The values there are. */
  static Sample sample(List<OptionalDouble> values) {
    return Sample.of(
        values.stream()
            .filter(OptionalDouble::isPresent)
            .mapToDouble(OptionalDouble::getAsDouble)
            .toArray());
  }

  /** Values by seed, undefined ones left out. */
  Map<Long, Double> bySeed(String task, String method, Measure measure) {
    ImmutableMap.Builder<Long, Double> scores = ImmutableMap.builder();
    for (CellResult result : of(task, method)) {
      measure.of(result).ifPresent(score -> scores.put(result.cell().seed(), score));
    }
    return scores.buildOrThrow();
  }

  /** One method against another on the seeds that both have: above 0 where the first is better. */
  PairedTest compared(String task, Measure measure, String method, String other) {
    boolean lower = measure.lowerIsBetter();
    Map<Long, Double> first = bySeed(task, lower ? other : method, measure);
    Map<Long, Double> second = bySeed(task, lower ? method : other, measure);
    List<Long> seeds = first.keySet().stream().filter(second::containsKey).toList();
    return PairedTest.of(
        seeds.stream().mapToDouble(first::get).toArray(),
        seeds.stream().mapToDouble(second::get).toArray());
  }
}
