package org.bilora.bench.step;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.bilora.weights.OptionalLibrary;

/** The plot of how step times grow with the length of texts or the size of batches. */
public final class GrowthPlot {
  private static final String SVG = ".svg";
  private static final String PNG = ".png";

  private GrowthPlot() {}

  /**
   * Checks that the file's name ends as one of the formats does.
   *
   * @throws IllegalArgumentException when it does not
   */
  public static void check(Path file) {
    if (!isSvg(file) && !file.toString().toLowerCase(Locale.ROOT).endsWith(PNG)) {
      throw new IllegalArgumentException(
          "plot is '%s'; its name must end in %s or %s".formatted(file, SVG, PNG));
    }
  }

  private static boolean isSvg(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(SVG);
  }

  /**
   * Draws the median step times.
   *
   * @param title above the plot
   * @param timings at least one
   * @throws IOException when the file cannot be written, or without {@link OptionalLibrary#XCHART}
   */
  public static void write(String title, List<StepMeasurement> timings, Path file)
      throws IOException {
    check(file);
    OptionalLibrary.XCHART.require("a plot");
    GrowthChart.write(title, timings, file, isSvg(file));
  }
}
