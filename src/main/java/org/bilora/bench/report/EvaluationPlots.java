package org.bilora.bench.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bilora.eval.Calibration;
import org.bilora.eval.ConfusionMatrix;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of an evaluation. */
final class EvaluationPlots {
  private static final int MOST_CLASSES = 40;
  private static final int MOST_CLASSES_WITH_NUMBERS = 15;
  private static final int SIDE = 640;
  private static final Color DARK = new Color(0x0072B2);

  private EvaluationPlots() {}

  /**
   * Draws them.
   *
   * @return Markdown that shows them, or says why there are none
   * @throws IOException when a file cannot be written
   */
  static String write(
      Path folder, Optional<ConfusionMatrix> confusion, Optional<Calibration> calibration)
      throws IOException {
    return PlotFiles.drawn(
        () -> {
          StringBuilder shown = new StringBuilder();
          if (confusion.isPresent() && confusion.get().classes().size() <= MOST_CLASSES) {
            shown.append(write(folder, "confusion", heatMap(confusion.get())));
          }
          if (calibration.isPresent()) {
            shown.append(write(folder, "reliability", reliability(calibration.get())));
          }
          return shown.toString();
        });
  }

  private static String write(Path folder, String name, Chart<?, ?> chart) throws IOException {
    AtomicFile.write(
        folder.resolve(name + ".png"),
        out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
    return "![%s](%s.png)%n%n".formatted(Markdown.alternative(chart.getTitle()), name);
  }

  /** Each row as shares, the first class at the top. */
  private static HeatMapChart heatMap(ConfusionMatrix matrix) {
    int classes = matrix.classes().size();
    double[][] shares = matrix.shares();
    List<Number[]> cells = new ArrayList<>();
    for (int p = 0; p < classes; p++) {
      for (int e = 0; e < classes; e++) {
        cells.add(new Number[] {p, e, Math.round(100 * shares[classes - 1 - e][p]) / 100.0});
      }
    }
    List<String> upwards = new ArrayList<>(matrix.classes());
    Collections.reverse(upwards);
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(SIDE + 120)
            .height(SIDE)
            .title("Share of an expected class that is taken for another")
            .xAxisTitle("predicted")
            .yAxisTitle("expected")
            .build();
    chart.getStyler().setRangeColors(new Color[] {Color.WHITE, DARK});
    chart.getStyler().setMin(0);
    chart.getStyler().setMax(1);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setShowValue(classes <= MOST_CLASSES_WITH_NUMBERS);
    chart.getStyler().setValueFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    chart.getStyler().setValueFontColor(Color.BLACK);
    chart.getStyler().setHeatMapValueDecimalPattern("0.00");
    chart.getStyler().setPlotContentSize(1);
    chart.getStyler().setXAxisLabelRotation(classes > 5 ? 60 : 0);
    chart.addSeries("share", matrix.classes(), upwards, cells);
    return chart;
  }

  /** The share that is right over the mean probability, beside what it would be when calibrated. */
  private static XYChart reliability(Calibration calibration) {
    XYChart chart =
        new XYChartBuilder()
            .width(SIDE + 120)
            .height(SIDE)
            .title(
                "Reliability: expected calibration error %.3f"
                    .formatted(calibration.expectedError()))
            .xAxisTitle("probability of what was decided")
            .yAxisTitle("share")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNW);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setDecimalPattern("0.0");
    chart.getStyler().setXAxisMin(0.0).setXAxisMax(1.0);
    chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.0);
    long all = calibration.bins().stream().mapToLong(Calibration.Bin::count).sum();
    List<Double> edges = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    List<Double> sure = new ArrayList<>();
    List<Double> right = new ArrayList<>();
    for (Calibration.Bin bin : calibration.bins()) {
      for (double edge : new double[] {bin.from(), bin.to()}) {
        edges.add(edge);
        shares.add((double) bin.count() / all);
      }
      if (bin.count() > 0) {
        sure.add(bin.meanConfidence());
        right.add(bin.accuracy());
      }
    }
    XYSeries decisions = chart.addSeries("share of all decisions", edges, shares);
    decisions.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Area);
    decisions.setFillColor(new Color(0xDDDDDD));
    decisions.setLineColor(Color.LIGHT_GRAY);
    decisions.setMarker(SeriesMarkers.NONE);
    XYSeries perfect = chart.addSeries("calibrated", List.of(0.0, 1.0), List.of(0.0, 1.0));
    perfect.setLineColor(Color.GRAY);
    perfect.setLineStyle(
        new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {6, 4}, 0));
    perfect.setMarker(SeriesMarkers.NONE);
    XYSeries found = chart.addSeries("share that is right", sure, right);
    found.setLineColor(DARK);
    found.setMarkerColor(DARK);
    found.setMarker(SeriesMarkers.CIRCLE);
    return chart;
  }
}
