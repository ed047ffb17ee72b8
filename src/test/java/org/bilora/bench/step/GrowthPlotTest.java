package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

class GrowthPlotTest {
  private static final Durations LORA = Durations.of(List.of(10.0));

  @TempDir private Path folder;

  private static List<StepMeasurement> timings(int... shapes) {
    List<StepMeasurement> timings = new ArrayList<>();
    for (int i = 0; i < shapes.length; i += 2) {
      timings.add(StepMeasurementTest.timing(shapes[i], shapes[i + 1], Optional.empty(), 10.0 + i));
      timings.add(
          StepMeasurementTest.timing(shapes[i], shapes[i + 1], Optional.of(LORA), 30.0 + i));
    }
    return timings;
  }

  @Test
  void eachMethodHasALineOverTheLengths() {
    XYChart chart = GrowthChart.chart("title", timings(4, 16, 4, 32, 4, 64));
    assertEquals(Set.of("lora", "bilora exact:unroll=steady"), chart.getSeriesMap().keySet());
    assertArrayEquals(new double[] {16, 32, 64}, chart.getSeriesMap().get("lora").getXData());
    assertArrayEquals(new double[] {10, 12, 14}, chart.getSeriesMap().get("lora").getYData());
    assertEquals("tokens per example, 4 examples", chart.getXAxisTitle());
  }

  @Test
  void ofOneLengthTheLinesRunOverTheBatches() {
    XYChart chart = GrowthChart.chart("title", timings(8, 16, 64, 16));
    assertArrayEquals(
        new double[] {8, 64}, chart.getSeriesMap().get("bilora exact:unroll=steady").getXData());
    assertEquals("examples per batch, of 16 tokens", chart.getXAxisTitle());
  }

  @Test
  void whereBothVaryEachBatchHasALine() {
    XYChart chart = GrowthChart.chart("title", timings(8, 16, 8, 32, 64, 16, 64, 32));
    assertEquals(
        Set.of(
            "lora, batch 8",
            "lora, batch 64",
            "bilora exact:unroll=steady, batch 8",
            "bilora exact:unroll=steady, batch 64"),
        chart.getSeriesMap().keySet());
  }

  @Test
  void theNameDecidesTheFormat() throws IOException {
    Path png = folder.resolve("plot.PNG");
    GrowthPlot.write("title", timings(4, 16, 4, 32), png);
    BufferedImage image = ImageIO.read(png.toFile());
    assertEquals(800, image.getWidth());
    Path svg = folder.resolve("plot.svg");
    GrowthPlot.write("title", timings(4, 16, 4, 32), svg);
    assertTrue(Files.readString(svg).contains("<svg"));
    assertThrows(
        IllegalArgumentException.class, () -> GrowthPlot.check(folder.resolve("plot.pdf")));
  }
}
