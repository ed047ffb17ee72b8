package org.bilora.bench.report;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.bilora.bench.study.CellResult;
import org.bilora.train.AdapterStatistics;
import org.bilora.train.EpochRecord;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.internal.chartpart.Chart;

/** The plots of a report, by the name of their file; every line is a mean over seeds. */
final class Plots {
  private Plots() {}

  /** Draws each into {@code folder}; the text shows them. */
  static String write(StudyResults results, Path folder, boolean svg) throws IOException {
    Files.createDirectories(folder);
    StringBuilder shown = new StringBuilder("Means over seeds.%n%n".formatted());
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
      shown.append("![%s](plots/%s.png)%n%n".formatted(chart.getTitle(), name));
    }
    return shown.toString();
  }

  static Map<String, Chart<?, ?>> of(StudyResults results) {
    Map<String, Chart<?, ?>> plots = new LinkedHashMap<>();
    for (String task : results.tasks()) {
      plots.put("loss-" + file(task), losses(results, task));
      plots.put("gap-" + file(task), gap(results, task));
      plots.put("time-" + file(task), scoreByTime(results, task));
      if (hasAdapters(results, task)) {
        plots.put("orthogonality-" + file(task), orthogonality(results, task));
      }
      for (String method : results.methods()) {
        Map<String, List<Double>> byLayer = largestLambda(results.of(task, method));
        if (!byLayer.isEmpty()) {
          plots.put(
              "lambda-%s-%s".formatted(file(task), file(method)), lambda(task, method, byLayer));
        }
      }
    }
    return ImmutableMap.copyOf(plots);
  }

  /** A name as part of a file's. */
  private static String file(String name) {
    return name.replaceAll("[^A-Za-z0-9._=+-]+", "_");
  }

  private static Chart<?, ?> losses(StudyResults results, String task) {
    LineChart chart =
        new LineChart(
            task + ": training loss (dashed, crosses) and held-out loss (solid, dots)",
            "epoch",
            "loss");
    chart.colours(results.methods());
    for (String method : results.methods()) {
      List<CellResult> cells = results.of(task, method);
      chart.solid(method, byEpoch(cells, EpochRecord::devLoss));
      chart.dashed(method, byEpoch(cells, epoch -> epoch.lowerLoss().orElse(Double.NaN)));
    }
    return chart.chart();
  }

  private static Chart<?, ?> gap(StudyResults results, String task) {
    LineChart chart =
        new LineChart(task + ": generalisation gap", "epoch", "held-out loss minus training loss");
    chart.colours(results.methods());
    for (String method : results.methods()) {
      chart.solid(method, byEpoch(results.of(task, method), GapTable::gap));
    }
    return chart.chart();
  }

  private static Chart<?, ?> scoreByTime(StudyResults results, String task) {
    LineChart chart =
        new LineChart(
            task + ": score by time, compilation included",
            "minutes",
            results.primaryMetric(task).id());
    chart.colours(results.methods());
    for (String method : results.methods()) {
      List<CellResult> cells = results.of(task, method);
      List<Double> minutes = byEpoch(cells, epoch -> epoch.seconds() / 60);
      for (int i = 1; i < minutes.size(); i++) {
        minutes.set(i, minutes.get(i) + minutes.get(i - 1));
      }
      chart.solid(
          method,
          minutes,
          byEpoch(cells, epoch -> epoch.metrics().get(results.primaryMetric(task))));
    }
    return chart.chart();
  }

  private static boolean hasAdapters(StudyResults results, String task) {
    return results.methods().stream()
        .anyMatch(method -> !orthogonality(results.of(task, method), a -> 0).isEmpty());
  }

  private static Chart<?, ?> orthogonality(StudyResults results, String task) {
    LineChart chart =
        new LineChart(
            task + ": ‖PᵀP − I‖ (solid, dots) and ‖QQᵀ − I‖ (dashed, crosses)",
            "epoch",
            "Frobenius norm");
    chart.colours(results.methods());
    for (String method : results.methods()) {
      List<CellResult> cells = results.of(task, method);
      chart.solid(method, orthogonality(cells, AdapterStatistics::leftOrthogonality));
      chart.dashed(method, orthogonality(cells, AdapterStatistics::rightOrthogonality));
    }
    return chart.chart();
  }

  private static List<Double> orthogonality(
      List<CellResult> cells, ToDoubleFunction<AdapterStatistics> value) {
    return byEpoch(
        cells.stream()
            .filter(c -> c.run().epochs().stream().allMatch(e -> e.adapters().isPresent()))
            .toList(),
        epoch -> value.applyAsDouble(epoch.adapters().orElseThrow()));
  }

  private static Chart<?, ?> lambda(String task, String method, Map<String, List<Double>> byLayer) {
    LineChart chart =
        new LineChart(
            "%s, %s: largest λ of each adapted layer".formatted(task, method), "epoch", "λ");
    byLayer.forEach(chart::solid);
    return chart.chart();
  }

  /** By layer, its largest λ after each epoch. */
  private static Map<String, List<Double>> largestLambda(List<CellResult> cells) {
    Map<String, List<Double>> byLayer = new LinkedHashMap<>();
    List<CellResult> withAdapters =
        cells.stream()
            .filter(c -> c.run().epochs().stream().allMatch(e -> e.adapters().isPresent()))
            .toList();
    if (withAdapters.isEmpty()) {
      return byLayer;
    }
    Function<EpochRecord, Map<String, ? extends Collection<Double>>> lambda =
        epoch -> epoch.adapters().orElseThrow().lambda();
    for (String layer : lambda.apply(withAdapters.get(0).run().epochs().get(0)).keySet()) {
      byLayer.put(
          layer.replace("encoder.layer.", "").replace("attention.self.", ""),
          byEpoch(
              withAdapters,
              epoch ->
                  lambda.apply(epoch).get(layer).stream()
                      .mapToDouble(value -> value)
                      .max()
                      .orElseThrow()));
    }
    return byLayer;
  }

  /** Means over cells, as far as all of them got. */
  private static List<Double> byEpoch(List<CellResult> cells, ToDoubleFunction<EpochRecord> value) {
    int epochs = cells.stream().mapToInt(cell -> cell.run().epochs().size()).min().orElse(0);
    List<Double> means = new ArrayList<>();
    for (int epoch = 0; epoch < epochs; epoch++) {
      int at = epoch;
      means.add(
          cells.stream()
              .mapToDouble(cell -> value.applyAsDouble(cell.run().epochs().get(at)))
              .average()
              .orElseThrow());
    }
    return means;
  }
}
