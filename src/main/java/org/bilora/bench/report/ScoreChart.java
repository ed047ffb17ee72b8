package org.bilora.bench.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.bilora.bench.statistics.Sample;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The scores of a task's methods: every seed, the mean with its 95% interval, and chance. */
final class ScoreChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final int CATEGORIES_ABREAST = 6;
  private static final double MARGIN = 0.1;

  private ScoreChart() {}

  /**
   * A chart.
   *
   * @param measure what is shown, times its factor
   */
  static CategoryChart of(StudyResults results, String task, Measure measure) {
    List<String> methods =
        results.methods().stream()
            .filter(method -> results.scores(task, method, measure).count() > 0)
            .toList();
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(task + ": every seed (grey), mean and its 95% interval")
            .yAxisTitle(measure.id() + (measure.factor() == 1 ? "" : " × 100"))
            .build();
    chart.getStyler().setOverlapped(true);
    chart.getStyler().setDefaultSeriesRenderStyle(CategorySeries.CategorySeriesRenderStyle.Scatter);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setDecimalPattern("0.##");
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setMarkerSize(8);
    chart.getStyler().setErrorBarsColor(LineChart.colour(0));
    if (methods.size() > CATEGORIES_ABREAST) {
      chart.getStyler().setXAxisLabelRotation(30);
    }
    List<Double> shown = new ArrayList<>();
    OptionalDouble constant = results.constant(task);
    if (constant.isPresent() && measure.equals(results.chosenBy(task))) {
      level(chart, methods, measure.factor() * constant.getAsDouble(), shown);
    }
    seeds(chart, results, task, measure, methods, shown);
    means(chart, results, task, measure, methods, shown);
    double low = shown.stream().mapToDouble(v -> v).min().orElse(0);
    double high = shown.stream().mapToDouble(v -> v).max().orElse(1);
    double margin = Math.max(MARGIN * (high - low), 1e-6);
    chart.getStyler().setYAxisMin(low - margin);
    chart.getStyler().setYAxisMax(high + margin);
    return chart;
  }

  private static void level(
      CategoryChart chart, List<String> methods, double value, List<Double> shown) {
    shown.add(value);
    CategorySeries series =
        chart.addSeries(
            "best constant answer", methods, methods.stream().map(method -> value).toList());
    series.setChartCategorySeriesRenderStyle(CategorySeries.CategorySeriesRenderStyle.Line);
    series.setLineStyle(
        new BasicStroke(
            1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {6, 4}, 0));
    series.setLineColor(LineChart.colour(1));
    series.setMarker(SeriesMarkers.NONE);
  }

  /** A series per seed, since a category has one value in each. */
  private static void seeds(
      CategoryChart chart,
      StudyResults results,
      String task,
      Measure measure,
      List<String> methods,
      List<Double> shown) {
    for (long seed : results.study().seeds()) {
      List<Double> values = new ArrayList<>();
      for (String method : methods) {
        Double value = results.bySeed(task, method, measure).get(seed);
        values.add(value == null ? null : measure.factor() * value);
        if (value != null) {
          shown.add(measure.factor() * value);
        }
      }
      if (values.stream().anyMatch(value -> value != null)) {
        CategorySeries series = chart.addSeries("seed " + seed, methods, values);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(Color.GRAY);
        series.setLineStyle(SeriesLines.NONE);
        series.setShowInLegend(false);
      }
    }
  }

  private static void means(
      CategoryChart chart,
      StudyResults results,
      String task,
      Measure measure,
      List<String> methods,
      List<Double> shown) {
    List<Double> means = new ArrayList<>();
    List<Double> halves = new ArrayList<>();
    for (String method : methods) {
      Sample sample = results.scores(task, method, measure);
      double half = sample.count() < 2 ? 0 : sample.high() - sample.mean();
      means.add(measure.factor() * sample.mean());
      halves.add(measure.factor() * half);
      shown.add(measure.factor() * (sample.mean() - half));
      shown.add(measure.factor() * (sample.mean() + half));
    }
    if (!methods.isEmpty()) {
      CategorySeries series = chart.addSeries("mean", methods, means, halves);
      series.setMarker(SeriesMarkers.DIAMOND);
      series.setMarkerColor(LineChart.colour(0));
      series.setLineStyle(SeriesLines.NONE);
    }
  }
}
