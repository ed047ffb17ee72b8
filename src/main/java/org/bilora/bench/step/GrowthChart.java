package org.bilora.bench.step;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Step time against tokens per example, a line per method; against examples per batch where all
 * timings have one length. Where both vary, each batch size has a line of its own.
 */
final class GrowthChart {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 500;

  private GrowthChart() {}

  static void write(String title, List<StepMeasurement> timings, Path file, boolean svg)
      throws IOException {
    XYChart chart = chart(title, timings);
    AtomicFile.write(
        file,
        out -> {
          if (svg) {
            VectorGraphicsEncoder.saveVectorGraphic(
                chart, out, VectorGraphicsEncoder.VectorGraphicsFormat.SVG);
          } else {
            BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG);
          }
        });
  }

  static XYChart chart(String title, List<StepMeasurement> timings) {
    boolean byRows = timings.stream().map(StepMeasurement::length).distinct().count() == 1;
    boolean oneRows = timings.stream().map(StepMeasurement::rows).distinct().count() == 1;
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(
                byRows
                    ? "examples per batch, of %d tokens".formatted(timings.get(0).length())
                    : "tokens per example"
                        + (oneRows ? ", %d examples".formatted(timings.get(0).rows()) : ""))
            .yAxisTitle("milliseconds per step (median)")
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNW);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setDecimalPattern("#,##0.##");
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    lines(timings, byRows || oneRows)
        .forEach(
            (name, line) -> {
              List<Integer> x = new ArrayList<>();
              List<Double> y = new ArrayList<>();
              for (StepMeasurement timing : line) {
                x.add(byRows ? timing.rows() : timing.length());
                y.add(timing.times().median());
              }
              chart.addSeries(name, x, y).setMarker(SeriesMarkers.CIRCLE);
            });
    return chart;
  }

  /** Timings by the name of their line. */
  private static Map<String, List<StepMeasurement>> lines(
      List<StepMeasurement> timings, boolean byMethod) {
    return timings.stream()
        .collect(
            Collectors.groupingBy(
                timing ->
                    byMethod ? name(timing) : "%s, batch %d".formatted(name(timing), timing.rows()),
                LinkedHashMap::new,
                Collectors.toList()));
  }

  private static String name(StepMeasurement timing) {
    return timing.label();
  }
}
