package org.bilora.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Java, operating system, cores, memory and disk. */
final class HostSystem {
  private static final long GIB = 1L << 30;
  private static final long LEAST_HEAP = GIB;
  // TensorFlow's native library, unpacked once, is 0.7 GB, and 1.6 GB in the build for GPUs.
  private static final long LEAST_SPACE = 2 * GIB;

  private HostSystem() {}

  static Finding java() {
    return Finding.ok(
        "java",
        "%s, %s, %s"
            .formatted(
                Runtime.version(),
                System.getProperty("java.vm.name"),
                System.getProperty("java.home")));
  }

  static Finding system() {
    String name = System.getProperty("os.name");
    String architecture = System.getProperty("os.arch");
    String value = "%s %s, %s".formatted(name, System.getProperty("os.version"), architecture);
    if (name.equals("Linux") && architecture.equals("amd64")) {
      return Finding.ok("system", value);
    }
    return Finding.broken(
        "system",
        value,
        "the native libraries in pom.xml are for Linux on x86-64; set tensorflow.classifier to this"
            + " system's");
  }

  static Finding cores() {
    int cores = Runtime.getRuntime().availableProcessors();
    return cores > 1
        ? Finding.ok("cores", Integer.toString(cores))
        : Finding.warn("cores", "1", "training runs on one core; two or more are expected");
  }

  static Finding memory() {
    long heap = Runtime.getRuntime().maxMemory();
    String value = "Java heap up to %.1f GB%s".formatted((double) heap / GIB, available());
    return heap >= LEAST_HEAP
        ? Finding.ok("memory", value)
        : Finding.warn("memory", value, "a larger model may not fit; set BILORA_JAVA_OPTS=-Xmx2g");
  }

  /** Memory that TensorFlow, outside the heap, can still have. */
  private static String available() {
    Path file = Path.of("/proc/meminfo");
    if (!Files.isReadable(file)) {
      return "";
    }
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("MemAvailable:")) {
          long kibibytes = Long.parseLong(line.replaceAll("[^0-9]", ""));
          return ", %.1f GB available on the machine".formatted(kibibytes / 1048576.0);
        }
      }
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Finding temporarySpace() {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      return Finding.broken(
          "temporary space",
          folder + " cannot be written",
          "name another folder: BILORA_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
    }
    long free = folder.toFile().getUsableSpace();
    String value = "%.1f GB free in %s".formatted((double) free / GIB, folder);
    return free >= LEAST_SPACE
        ? Finding.ok("temporary space", value)
        : Finding.warn("temporary space", value, "free some, 2 GB are enough");
  }
}
