package org.bilora.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlotFilesTest {
  @Test
  void onlyFailuresAmongJavasFontsAreBlamedOnMissingFonts() {
    assertEquals(
        "Java found no font; install fontconfig and a font, such as DejaVu",
        PlotFiles.reason(
            new InternalError(
                "no fonts",
                thrownIn(new NullPointerException("head"), "sun.awt.FontConfiguration"))));
    assertEquals(
        "Java found no font; install fontconfig and a font, such as DejaVu",
        PlotFiles.reason(
            thrownIn(new NoClassDefFoundError("SunFontManager"), "sun.font.StrikeCache")));
    assertEquals(
        "java.lang.IllegalStateException: Shutdown in progress",
        PlotFiles.reason(
            thrownIn(
                new IllegalStateException("Shutdown in progress"), "sun.font.SunFontManager")));
    assertEquals(
        "java.lang.NullPointerException: a defect",
        PlotFiles.reason(
            thrownIn(new NullPointerException("a defect"), "org.bilora.bench.report.Plots")));
    assertEquals(
        "java.lang.UnsatisfiedLinkError: no awt",
        PlotFiles.reason(thrownIn(new UnsatisfiedLinkError("no awt"), "java.awt.Toolkit")));
  }

  private static <T extends Throwable> T thrownIn(T failure, String type) {
    failure.setStackTrace(
        new StackTraceElement[] {new StackTraceElement(type, "load", "X.java", 1)});
    return failure;
  }
}
