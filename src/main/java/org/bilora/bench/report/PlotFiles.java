package org.bilora.bench.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bilora.weights.OptionalLibrary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Draws the plots of a report. A report without plots is still a report, which says why. */
final class PlotFiles {
  private static final Logger LOG = LoggerFactory.getLogger(PlotFiles.class);

  private PlotFiles() {}

  /** Draws plots into files, and returns Markdown that shows them. */
  interface Drawing {
    String draw() throws IOException;
  }

  /**
   * Writes the plots of a study.
   *
   * @param folder in which each becomes {@code NAME.png}
   * @param svg whether each is drawn as {@code NAME.svg}, too
   * @return Markdown that shows them, or says why there are none
   * @throws IOException when a file cannot be written
   */
  static String write(StudyResults results, Path folder, boolean svg) throws IOException {
    return drawn(() -> Plots.write(results, folder, svg));
  }

  /**
   * What is drawn, or why nothing can be drawn here.
   *
   * @throws IOException when a file cannot be written
   */
  static String drawn(Drawing plots) throws IOException {
    try {
      OptionalLibrary.XCHART.require("a plot");
    } catch (IOException e) {
      return without(e.getMessage());
    }
    try {
      return plots.draw();
    } catch (LinkageError | InternalError | RuntimeException e) {
      LOG.debug("A plot is not drawn", e);
      return without(reason(e));
    }
  }

  /** Says in a report, and to the log, why there are no plots. */
  private static String without(String reason) {
    LOG.warn("plots are not drawn: {}", reason);
    return "They could not be drawn here: %s.%n".formatted(reason);
  }

  /** Why drawing failed: missing fonts have many faces, so they are known by where they show. */
  static String reason(Throwable failure) {
    boolean broken =
        failure instanceof LinkageError
            || failure instanceof InternalError
            || failure instanceof NullPointerException;
    for (Throwable at = failure; broken && at != null; at = at.getCause()) {
      if (Arrays.stream(at.getStackTrace()).anyMatch(PlotFiles::looksForFonts)) {
        return "Java found no font; install fontconfig and a font, such as DejaVu";
      }
    }
    return failure.toString();
  }

  private static boolean looksForFonts(StackTraceElement frame) {
    return List.of("sun.font.", "sun.awt.FontConfiguration", "sun.awt.FcFontConfiguration").stream()
        .anyMatch(frame.getClassName()::startsWith);
  }
}
