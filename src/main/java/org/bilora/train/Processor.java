package org.bilora.train;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The processor as Linux tells of it.
 *
 * @param model its name, {@code unknown} where the system does not tell
 * @param flags names of what it can do; empty where they are not known
 */
public record Processor(String model, Set<String> flags) {
  /** Keeps copies of the collections. */
  public Processor {
    flags = ImmutableSet.copyOf(flags);
  }

  private static final String UNKNOWN = "unknown";

  /** Reads {@code /proc/cpuinfo}. */
  public static Processor read() {
    try {
      return parse(Files.readAllLines(Path.of("/proc/cpuinfo")));
    } catch (IOException e) {
      // Another system, or one that hides it: nothing depends on knowing.
      return parse(List.of());
    }
  }

  /** Reads the lines of that file. */
  public static Processor parse(List<String> lines) {
    String model = value(lines, "model name");
    return new Processor(
        model.isEmpty() ? UNKNOWN : model,
        ImmutableSet.copyOf(Splitter.on(' ').omitEmptyStrings().split(value(lines, "flags"))));
  }

  private static String value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }
}
