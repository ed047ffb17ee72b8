package org.bilora.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.statistics.PairedTest;
import org.bilora.bench.statistics.Sample;
import org.bilora.bench.study.CellResult;

/**
 * What a study says of its question, a line for each task or regime: how the compared method does
 * against LoRA (or, without it, the first other method), and what does best.
 */
final class Answers {
  private static final String BASELINE = "lora";

  private final StudyResults results;
  private final String compared;
  private final Optional<String> baseline;

  private Answers(StudyResults results) {
    this.results = results;
    this.compared = results.study().compared();
    List<String> others =
        results.methods().stream().filter(method -> !method.equals(compared)).toList();
    this.baseline = others.contains(BASELINE) ? Optional.of(BASELINE) : others.stream().findFirst();
  }

  /** A section of the report; empty where there is nothing to compare. */
  static String of(StudyResults results) {
    return new Answers(results).text();
  }

  private String text() {
    if (baseline.isEmpty()) {
      return "";
    }
    List<String> lines = new ArrayList<>();
    for (String task : results.tasks()) {
      (results.study().generation() ? ofTexts(task) : line(task)).ifPresent(lines::add);
    }
    return lines.isEmpty()
        ? ""
        : "## In short%n%n%s%n%n".formatted(String.join("%n".formatted(), lines));
  }

  private Optional<String> line(String task) {
    Measure last = new Measure.OfLastEpoch(results.primaryMetric(task));
    PairedTest ofLast = test(task, last, compared);
    if (ofLast.differences().count() < 2) {
      return Optional.empty();
    }
    String name = results.primaryMetric(task).id();
    String line =
        "- **%s:** %s against %s on %d seeds: %s %s at the chosen epoch and %s at the last; held-out loss at the last epoch %s. %s%s"
            .formatted(
                task,
                compared,
                baseline.orElseThrow(),
                ofLast.differences().count(),
                name,
                points(test(task, results.chosenBy(task), compared).differences(), 100),
                points(ofLast.differences(), 100),
                points(differences(task, Answers::lastLoss), 1),
                verdict(ofLast.differences()),
                best(task, last));
    return Optional.of(line);
  }

  /** A generation task's line: every measure of the texts, and what the first one says. */
  private Optional<String> ofTexts(String task) {
    List<String> differences = new ArrayList<>();
    Optional<String> verdict = Optional.empty();
    int seeds = 0;
    for (Measure measure : results.comparedMeasures(task)) {
      Sample difference = test(task, measure, compared).differences();
      if (difference.count() > 1) {
        differences.add("%s %s".formatted(measure.id(), points(difference, measure.factor())));
        seeds = Math.max(seeds, difference.count());
        verdict =
            Optional.of(
                verdict.orElse(verdict(difference, "By " + measure.id(), "by " + measure.id())));
      }
    }
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "- **%s:** %s against %s on %d seeds, above 0 where it is ahead: %s. %s"
                .formatted(
                    task,
                    compared,
                    baseline.orElseThrow(),
                    seeds,
                    String.join("; ", differences),
                    verdict.orElseThrow()));
  }

  /** Of the last epoch, which nobody chose: it shows overfitting. */
  private String verdict(Sample difference) {
    return verdict(difference, "At the last epoch, where overfitting shows", "at the last epoch");
  }

  /**
   * What an interval says.
   *
   * @param where its difference was measured, as a sentence begins
   * @param inside the same inside one
   */
  private String verdict(Sample difference, String where, String inside) {
    String other = baseline.orElseThrow();
    if (difference.low() > 0) {
      return "%s, %s is ahead of %s.".formatted(where, compared, other);
    }
    if (difference.high() < 0) {
      return "%s, %s is behind %s.".formatted(where, compared, other);
    }
    return "No difference %s is shown: its interval holds 0.".formatted(inside);
  }

  /** The method that is furthest ahead of the baseline, where that is more than chance. */
  private String best(String task, Measure last) {
    String best = null;
    Sample ahead = null;
    for (String method : results.methods()) {
      if (!method.equals(baseline.orElseThrow())) {
        Sample differences = test(task, last, method).differences();
        if (differences.count() > 1
            && differences.low() > 0
            && (ahead == null || differences.mean() > ahead.mean())) {
          best = method;
          ahead = differences;
        }
      }
    }
    return best == null || best.equals(compared)
        ? ""
        : " Furthest ahead of %s is %s: %s."
            .formatted(baseline.orElseThrow(), best, points(ahead, 100));
  }

  private PairedTest test(String task, Measure measure, String method) {
    return results.compared(task, measure, method, baseline.orElseThrow());
  }

  private static double lastLoss(CellResult result) {
    return StudyResults.last(result).devLoss();
  }

  private Sample differences(String task, ToDoubleFunction<CellResult> value) {
    List<CellResult> own = results.of(task, compared);
    List<CellResult> others = results.of(task, baseline.orElseThrow());
    return Sample.of(
        own.stream()
            .flatMap(
                result ->
                    others.stream()
                        .filter(other -> other.cell().seed() == result.cell().seed())
                        .map(other -> value.applyAsDouble(result) - value.applyAsDouble(other)))
            .mapToDouble(Double::doubleValue)
            .toArray());
  }

  /** A difference with its interval. */
  private static String points(Sample difference, double factor) {
    return Double.isNaN(difference.low())
        ? signed(factor * difference.mean(), factor)
        : "%s (95 %% %s to %s)"
            .formatted(
                signed(factor * difference.mean(), factor),
                signed(factor * difference.low(), factor),
                signed(factor * difference.high(), factor));
  }

  private static String signed(double value, double factor) {
    return String.format(Locale.ROOT, factor == 100 ? "%+.1f" : "%+.2f", value).replace('-', '−');
  }
}
