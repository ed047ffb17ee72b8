package org.bilora.bench.report;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.study.CellResult;
import org.bilora.step.StepResult;
import org.bilora.train.AdapterStatistics;
import org.bilora.train.EpochRecord;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.Chart;

/**
 * The plots of a report, by the name of their file. A line is a mean over seeds and a band their
 * standard deviation on both sides.
 */
final class Plots {
  private static final String STEP = "step";

  private final StudyResults results;
  private final Map<String, Chart<?, ?>> plots = new LinkedHashMap<>();

  private Plots(StudyResults results) {
    this.results = results;
  }

  /** Draws each into {@code folder}; the text shows them. */
  static String write(StudyResults results, Path folder, boolean svg) throws IOException {
    Files.createDirectories(folder);
    StringBuilder shown =
        new StringBuilder("Means over seeds; bands are their standard deviation.%n%n".formatted());
    for (Map.Entry<String, Chart<?, ?>> plot : of(results).entrySet()) {
      String name = plot.getKey();
      Chart<?, ?> chart = plot.getValue();
      AtomicFile.write(
          folder.resolve(name + ".png"),
          out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
      if (svg) {
        AtomicFile.write(
            folder.resolve(name + ".svg"),
            out ->
                VectorGraphicsEncoder.saveVectorGraphic(
                    chart, out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG));
      }
      shown.append(
          "![%s](plots/%s.png)%n%n".formatted(Markdown.alternative(chart.getTitle()), name));
    }
    return shown.toString();
  }

  static Map<String, Chart<?, ?>> of(StudyResults results) {
    Plots plots = new Plots(results);
    results.tasks().forEach(plots::draw);
    return ImmutableMap.copyOf(plots.plots);
  }

  private void draw(String task) {
    for (Measure measure : results.comparedMeasures(task)) {
      boolean one = results.comparedMeasures(task).size() == 1;
      put("scores", one ? task : task + "-" + measure.id(), ScoreChart.of(results, task, measure));
    }
    put("loss", task, chart(task + ": held-out loss", "loss", bySteps(task, EpochRecord::devLoss)));
    put(
        "training",
        task,
        chart(
            task + ": training loss",
            "loss",
            bySteps(task, epoch -> epoch.lowerLoss().orElse(Double.NaN))));
    LineChart gap =
        new LineChart(
            task + ": generalisation gap",
            STEP,
            "held-out loss minus training loss",
            results.methods());
    put("gap", task, gap.lines(bySteps(task, GapTable::gap)).level("no gap", 0).chart());
    Map<String, Curve> calibration =
        bySteps(task, epoch -> epoch.calibrationError().orElse(Double.NaN));
    if (!calibration.isEmpty()) {
      put(
          "calibration",
          task,
          chart(task + ": calibration error on the held-out set", "expected error", calibration));
    }
    terms(task);
    put("time", task, scoreByTime(task));
    orthogonality(task);
    results.methods().forEach(method -> lambda(task, method));
  }

  /** How much the hypergradient's second term matters. */
  private void terms(String task) {
    Map<String, Curve> ratio =
        bySteps(task, e -> e.hypergradientTerms().map(StepResult.Terms::ratio).orElse(Double.NaN));
    Map<String, Curve> cosine =
        bySteps(task, e -> e.hypergradientTerms().map(StepResult.Terms::cosine).orElse(Double.NaN));
    if (!ratio.isEmpty()) {
      put(
          "terms-ratio",
          task,
          chart(task + ": second term of the hypergradient", "share of the first", ratio));
      put(
          "terms-cosine",
          task,
          new LineChart(
                  task + ": angle between the hypergradient's terms",
                  STEP,
                  "cosine",
                  results.methods())
              .lines(cosine)
              .chart());
    }
  }

  private void put(String kind, String name, Chart<?, ?> chart) {
    plots.put(kind + "-" + name.replaceAll("[^A-Za-z0-9._=+-]+", "_"), chart);
  }

  /** A chart of something that has no values below 0. */
  private Chart<?, ?> chart(String title, String y, Map<String, Curve> curves) {
    return new LineChart(title, STEP, y, results.methods()).fromZero().lines(curves).chart();
  }

  private Map<String, Curve> bySteps(String task, ToDoubleFunction<EpochRecord> value) {
    return curves(method -> Curve.bySteps(results.of(task, method), value));
  }

  private Map<String, Curve> curves(Function<String, Curve> ofMethod) {
    Map<String, Curve> curves = new LinkedHashMap<>();
    for (String method : results.methods()) {
      Curve curve = ofMethod.apply(method);
      if (!curve.empty()) {
        curves.put(method, curve);
      }
    }
    return curves;
  }

  private Chart<?, ?> scoreByTime(String task) {
    LineChart chart =
        new LineChart(
                task + ": score by time, compilation included",
                "minutes",
                results.primaryMetric(task).id(),
                results.methods())
            .lines(
                curves(
                    method ->
                        Curve.byMinutes(
                            results.of(task, method),
                            epoch -> epoch.metrics().get(results.primaryMetric(task)))));
    results.constant(task).ifPresent(value -> chart.level("best constant answer", value));
    return chart.chart();
  }

  private void orthogonality(String task) {
    Map<String, Curve> left = ofAdapters(task, AdapterStatistics::leftOrthogonality);
    Map<String, Curve> right = ofAdapters(task, AdapterStatistics::rightOrthogonality);
    if (!left.isEmpty()) {
      put("orthogonality-P", task, chart(task + ": ‖PᵀP − I‖", "Frobenius norm", left));
      put("orthogonality-Q", task, chart(task + ": ‖QQᵀ − I‖", "Frobenius norm", right));
    }
  }

  private Map<String, Curve> ofAdapters(String task, ToDoubleFunction<AdapterStatistics> value) {
    return curves(
        method ->
            Curve.bySteps(
                withAdapters(results.of(task, method)),
                epoch -> value.applyAsDouble(epoch.adapters().orElseThrow())));
  }

  private static List<CellResult> withAdapters(List<CellResult> cells) {
    return cells.stream()
        .filter(c -> c.run().epochs().stream().allMatch(e -> e.adapters().isPresent()))
        .toList();
  }

  /** By layer, its largest λ after each epoch. */
  private void lambda(String task, String method) {
    List<CellResult> cells = withAdapters(results.of(task, method));
    if (cells.isEmpty()) {
      return;
    }
    Map<String, Curve> byLayer = new LinkedHashMap<>();
    for (String layer :
        cells.get(0).run().epochs().get(0).adapters().orElseThrow().lambda().keySet()) {
      byLayer.put(
          layer,
          Curve.bySteps(
              cells,
              epoch ->
                  epoch.adapters().orElseThrow().lambda().get(layer).stream()
                      .mapToDouble(value -> value)
                      .max()
                      .orElseThrow()));
    }
    LineChart chart =
        new LineChart(
            "%s, %s: largest λ of each adapted layer".formatted(task, method),
            STEP,
            "λ",
            List.copyOf(byLayer.keySet()));
    put("lambda", task + "-" + method, chart.lines(byLayer).chart());
  }
}
