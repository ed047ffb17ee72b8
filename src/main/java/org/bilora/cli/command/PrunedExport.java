package org.bilora.cli.command;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.bilora.bench.report.PruningReport;
import org.bilora.cli.option.PruneOption;
import org.bilora.data.MetricName;
import org.bilora.train.Pruning;
import org.bilora.train.TrainedValues;
import org.bilora.weights.HostTensor;

/**
 * Pruning before an export.
 *
 * @param option what was asked for
 * @param values before pruning
 * @param pruning what is kept
 */
record PrunedExport(PruneOption option, TrainedValues values, Pruning pruning) {

  /** What a model with some values scores. */
  @FunctionalInterface
  interface Measure {
    Scores of(Map<String, HostTensor> trained) throws IOException;
  }

  /** Scores on a split. */
  record Scores(Map<MetricName, Double> metrics, double loss) {}

  /** What was asked for; empty for nothing. */
  static Optional<PrunedExport> of(PruneOption option, TrainedValues values) {
    return option.of(values).map(pruning -> new PrunedExport(option, values, pruning));
  }

  /** The values as they are exported. */
  Map<String, HostTensor> applied() {
    return pruning.applied(values);
  }

  /** Measures and writes what other thresholds would have cost and saved. */
  void report(String title, Measure measure) throws IOException {
    List<PruningReport.Point> points = new ArrayList<>();
    for (String written : option.shown()) {
      Pruning other = PruneOption.pruning(values, written);
      Scores scores = measure.of(other.applied(values));
      points.add(
          new PruningReport.Point(
              written, other, other.size(values), scores.metrics(), scores.loss()));
    }
    new PruningReport(title, points).write(option.report().orElseThrow());
  }

  /** One line on what is left. */
  String text() {
    SortedMap<String, Integer> ranks = pruning.ranks();
    return "Pruned by %s: %,d of %,d pseudo singular values are left, ranks from %d to %d, %,d of %,d values of the increments."
        .formatted(
            option.written(),
            ranks.values().stream().mapToInt(rank -> rank).sum(),
            pruning.kept().values().stream().mapToInt(flags -> flags.length).sum(),
            ranks.values().stream().mapToInt(rank -> rank).min().orElse(0),
            ranks.values().stream().mapToInt(rank -> rank).max().orElse(0),
            pruning.size(values),
            Pruning.below(values, 0).size(values));
  }
}
