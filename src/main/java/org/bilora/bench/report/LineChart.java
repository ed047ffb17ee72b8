package org.bilora.bench.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Lines over a number, each with the spread of its seeds as a band. A name has its colour, dashes,
 * marker and width, in every chart of a study the same; earlier names are drawn wider and below
 * later ones, so that lines that coincide are seen as two.
 */
final class LineChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 500;
  private static final float WIDEST = 3.6f;
  private static final float THINNEST = 1.4f;
  private static final int MOST_MARKERS = 30;
  private static final int MOST_BANDS = 7;
  private static final int BAND_OPACITY = 40;

  /** Below this share of the greatest value a chart shows 0. */
  private static final double NEAR_ZERO = 0.5;

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

  /** Lengths of lines and gaps; none is a line without gaps. */
  private static final List<float[]> DASHES =
      List.of(
          new float[0],
          new float[] {10, 5},
          new float[] {2, 4},
          new float[] {10, 4, 2, 4},
          new float[] {18, 6},
          new float[] {6, 3, 2, 3, 2, 3});

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.CROSS,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.PLUS);

  private final XYChart chart;
  private final List<String> names;
  private boolean fromZero;

  /**
   * An empty chart.
   *
   * @param names of all lines of the study, in the order of their styles
   */
  LineChart(String title, String x, String y, List<String> names) {
    this.names = names;
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
    chart.getStyler().setMarkerSize(6);
    chart.getStyler().setXAxisMin(0.0);
  }

  /** The colour of the name of that number. */
  static Color colour(int number) {
    return number < COLOURS.size()
        ? COLOURS.get(number)
        : Color.getHSBColor(number * GOLDEN, 0.75f, 0.7f);
  }

  /**
   * Says that the quantity has no values below 0. The vertical axis begins there when the lines
   * come near it; where all lie in the upper half, it begins with them, so that they are told
   * apart.
   */
  LineChart fromZero() {
    fromZero = true;
    return this;
  }

  /**
   * Adds all lines, bands first, so that no band lies on a line, and none where many would lie on
   * each other.
   */
  LineChart lines(Map<String, Curve> curves) {
    if (curves.size() <= MOST_BANDS) {
      curves.forEach(this::band);
    }
    curves.forEach(this::line);
    if (fromZero) {
      double low = extreme(XYSeries::getYMin).min().orElse(0);
      double high = extreme(XYSeries::getYMax).max().orElse(0);
      if (low < NEAR_ZERO * high) {
        chart.getStyler().setYAxisMin(0.0);
      }
    }
    return this;
  }

  private DoubleStream extreme(ToDoubleFunction<XYSeries> of) {
    return chart.getSeriesMap().values().stream().mapToDouble(of);
  }

  private void band(String name, Curve curve) {
    if (!curve.hasBand()) {
      return;
    }
    List<Double> x = new ArrayList<>(curve.x());
    List<Double> y = new ArrayList<>(curve.high());
    for (int i = curve.x().size() - 1; i >= 0; i--) {
      x.add(curve.x().get(i));
      y.add(curve.low().get(i));
    }
    Color colour = colour(names.indexOf(name));
    XYSeries series = chart.addSeries(name + " ± standard deviation", x, y);
    series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.PolygonArea);
    series.setFillColor(
        new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), BAND_OPACITY));
    series.setLineStyle(SeriesLines.NONE);
    series.setMarker(SeriesMarkers.NONE);
    series.setShowInLegend(false);
  }

  private void line(String name, Curve curve) {
    if (curve.empty()) {
      return;
    }
    int number = names.indexOf(name);
    XYSeries series = chart.addSeries(name, curve.x(), curve.mean());
    series.setLineColor(colour(number));
    series.setMarkerColor(colour(number));
    series.setLineStyle(stroke(number, names.size()));
    series.setMarker(
        curve.x().size() > MOST_MARKERS
            ? SeriesMarkers.NONE
            : MARKERS.get(number % MARKERS.size()));
  }

  private static BasicStroke stroke(int number, int of) {
    float width = of < 2 ? THINNEST : WIDEST - number * (WIDEST - THINNEST) / (of - 1);
    float[] dashes = DASHES.get(number % DASHES.size());
    return dashes.length == 0
        ? new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND)
        : new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0);
  }

  /** A grey line across the chart at a value that others are seen against. */
  LineChart level(String name, double value) {
    double last =
        chart.getSeriesMap().values().stream().mapToDouble(XYSeries::getXMax).max().orElse(0);
    if (last > 0) {
      XYSeries series =
          chart.addSeries(name, List.of(0.0, last), Stream.generate(() -> value).limit(2).toList());
      series.setLineColor(Color.GRAY);
      series.setLineStyle(new BasicStroke(1));
      series.setMarker(SeriesMarkers.NONE);
    }
    return this;
  }

  XYChart chart() {
    return chart;
  }
}
