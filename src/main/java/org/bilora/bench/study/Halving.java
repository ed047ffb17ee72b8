package org.bilora.bench.study;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.bilora.data.MetricName;

/**
 * Successive halving of a search's trials (Jamieson and Talwalkar 2016, arXiv 1502.07943): every
 * trial of a method starts on the first rung, the better half of them (of an odd number the larger
 * half) goes on to the next, where a run spends twice as much, and so on to the last, where it
 * spends the study's budget. Every method has as many trials on every rung, so all methods spend
 * the same. A run begins anew on each rung: learning rates decay towards its own last step.
 */
public final class Halving {
  private final Study study;
  private final int rungs;

  /** Of a search; without {@link Study#rungs} there is one rung. */
  public Halving(Study study) {
    this.study = study;
    this.rungs = study.rungs().orElse(1);
  }

  /** The most rungs that a number of trials can be halved for. */
  public static int mostRungs(int trials) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(trials);
  }

  /** How many rungs there are. */
  public int rungs() {
    return rungs;
  }

  /**
   * The search as one of its rungs runs it.
   *
   * @param rung from 0
   */
  public Study rung(int rung) {
    return study.budget().isEmpty()
        ? study
        : study.withBudget(study.budget().get().dividedBy(1 << (rungs - 1 - rung)));
  }

  /**
   * The cells of a rung.
   *
   * @param rung from 0
   * @param before results of the rung before; none for the first
   */
  public List<Cell> cells(int rung, Map<Cell, CellResult> before) {
    List<Cell> all = Cell.of(rung(rung));
    if (rung == 0) {
      return all;
    }
    Map<Group, Set<String>> better = better(before);
    return all.stream()
        .filter(cell -> better.getOrDefault(Group.of(cell), Set.of()).contains(cell.method()))
        .toList();
  }

  /** Trials that compete with each other: those of one method on one task. */
  private record Group(Regime regime, String method) {
    static Group of(Cell cell) {
      String label = cell.method();
      return new Group(cell.regime(), label.substring(0, label.lastIndexOf(' ')));
    }
  }

  private static Map<Group, Set<String>> better(Map<Cell, CellResult> results) {
    Map<Group, Map<String, double[]>> sums = new LinkedHashMap<>();
    results.forEach(
        (cell, result) -> {
          double[] sum =
              sums.computeIfAbsent(Group.of(cell), group -> new LinkedHashMap<>())
                  .computeIfAbsent(cell.method(), label -> new double[2]);
          OptionalDouble score = score(result);
          // A trial that diverged with one seed is no candidate.
          sum[0] += score.orElse(Double.NEGATIVE_INFINITY);
          sum[1]++;
        });
    Map<Group, Set<String>> better = new HashMap<>();
    sums.forEach(
        (group, trials) ->
            better.put(
                group,
                new HashSet<>(
                    trials.entrySet().stream()
                        .sorted(
                            Comparator.comparingDouble(
                                trial -> -trial.getValue()[0] / trial.getValue()[1]))
                        .limit((trials.size() + 1) / 2)
                        .map(Map.Entry::getKey)
                        .toList())));
    return better;
  }

  /** The primary metric of the best epoch, so that the larger is the better; empty without one. */
  private static OptionalDouble score(CellResult result) {
    MetricName metric = result.run().task().primaryMetric();
    return Stream.of(result)
        .filter(CellResult::finished)
        .flatMap(finished -> finished.run().bestEpoch().stream())
        .mapToDouble(best -> best.metrics().get(metric))
        .filter(value -> !Double.isNaN(value))
        .map(value -> metric.better(0, 1) ? -value : value)
        .findFirst();
  }

  /** How many trials of each method there are on a rung. */
  public int trials(int rung) {
    int trials = study.trials().orElse(1);
    for (int i = 0; i < rung; i++) {
      trials = (trials + 1) / 2;
    }
    return trials;
  }
}
