package org.bilora.bench.step;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The most memory this process has had in RAM, heap and native, as Linux counts it. */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";
  private static final double KIBIBYTES_PER_MEGABYTE = 1e6 / 1024;

  private PeakMemory() {}

  /** In megabytes of 10⁶ bytes; NaN where the system does not tell. */
  static double megabytes() {
    if (!Files.isReadable(STATUS)) {
      return Double.NaN;
    }
    try {
      return parse(Files.readAllLines(STATUS));
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  static double parse(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(PEAK))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIBIBYTES_PER_MEGABYTE)
        .findFirst()
        .orElse(Double.NaN);
  }
}
