package org.bilora.bench.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines over a number; a name has one colour, solid and dashed. */
final class LineChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final float LINE = 1.6f;
  private static final float GOLDEN = 0.618034f;

  /** Colours that are told apart with impaired colour vision, too (Okabe and Ito 2008). */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x000000));

  private final XYChart chart;
  private final Map<String, Color> colours = new LinkedHashMap<>();

  LineChart(String title, String x, String y) {
    this.chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setDecimalPattern("0.###");
    chart.getStyler().setMarkerSize(5);
  }

  /** Gives names their colours in this order, whether they are drawn or not. */
  void colours(List<String> names) {
    names.forEach(name -> colours.computeIfAbsent(name, n -> colour(colours.size())));
  }

  /** A line over 1, 2, …; an empty one is left out. */
  void solid(String name, List<Double> y) {
    solid(name, counting(y.size()), y);
  }

  /** A line; an empty one, or one with a value that is no number, is left out. */
  void solid(String name, List<Double> x, List<Double> y) {
    if (drawable(y)) {
      XYSeries series = coloured(chart.addSeries(name, x, y), name);
      series.setMarker(SeriesMarkers.CIRCLE);
    }
  }

  /**
   * A dashed line with crosses, which show where there is one point only, in the name's colour over
   * 1, 2, …, without an entry in the legend.
   */
  void dashed(String name, List<Double> y) {
    if (drawable(y)) {
      XYSeries series = chart.addSeries(name + " (dashed)", counting(y.size()), y);
      coloured(series, name).setLineStyle(SeriesLines.DASH_DASH);
      series.setMarker(SeriesMarkers.CROSS);
      series.setShowInLegend(false);
    }
  }

  private XYSeries coloured(XYSeries series, String name) {
    Color colour = colours.computeIfAbsent(name, n -> colour(colours.size()));
    series.setLineColor(colour);
    series.setMarkerColor(colour);
    series.setLineStyle(new BasicStroke(LINE));
    return series;
  }

  private static Color colour(int number) {
    return number < COLOURS.size()
        ? COLOURS.get(number)
        : Color.getHSBColor(number * GOLDEN, 0.75f, 0.7f);
  }

  private static boolean drawable(List<Double> values) {
    return !values.isEmpty() && values.stream().allMatch(Double::isFinite);
  }

  private static List<Double> counting(int size) {
    return IntStream.rangeClosed(1, size).mapToObj(i -> (double) i).toList();
  }

  XYChart chart() {
    return chart;
  }
}
