package org.bilora.eval;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Map;
import org.bilora.data.MetricName;
import org.bilora.data.Task;

/** What is scored without reading the texts, by answering always the same. */
public final class ConstantAnswer {
  private ConstantAnswer() {}

  /**
   * The best that a constant answer scores, metric by metric: accuracy at the share of the largest
   * class, F1 by always answering class 1, and 0 where a constant is no correlation at all.
   *
   * @param expected class indices or scores, at least one
   */
  public static Map<MetricName, Double> scores(Task task, double[] expected) {
    ImmutableMap.Builder<MetricName, Double> scores = ImmutableMap.builder();
    for (MetricName metric : task.metrics()) {
      double best = 0;
      double[] constant = new double[expected.length];
      for (int answer = 0; answer < task.labels().size(); answer++) {
        Arrays.fill(constant, answer);
        best = Math.max(best, Metrics.compute(metric, expected, constant));
      }
      scores.put(metric, best);
    }
    return scores.buildOrThrow();
  }

  /**
   * What a score has to be above for it to be no accident of the examples: the constant answer's,
   * and 1.645 standard errors more, so that a model that knows nothing is taken for one that does
   * one time in twenty. The standard error of a share s of n examples is {@code √(s (1 − s) / n)};
   * that of a correlation near 0, Matthews's included, {@code 1 / √n}.
   *
   * @param constant the constant answer's score
   * @param examples n
   */
  public static double threshold(MetricName metric, double constant, int examples) {
    double variance =
        switch (metric) {
          case ACCURACY, F1 -> constant * (1 - constant);
          case MATTHEWS, PEARSON, SPEARMAN -> 1;
          default ->
              throw new IllegalArgumentException(
                  "a constant answer's %s has no standard error here".formatted(metric.id()));
        };
    return constant + 1.645 * Math.sqrt(variance / examples);
  }
}
