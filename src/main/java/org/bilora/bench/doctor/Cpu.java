package org.bilora.bench.doctor;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The processor and those of its instruction sets that matrix products depend on.
 *
 * @param model as Linux names it
 * @param flags all of Linux's names of what it can do; empty where they are not known
 */
record Cpu(String model, ImmutableSet<String> flags) {
  private static final List<String> TOLD =
      List.of("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16");

  /** Reads {@code /proc/cpuinfo}. */
  static Cpu read() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return new Cpu("unknown", ImmutableSet.of());
    }
    try {
      return parse(Files.readAllLines(file));
    } catch (IOException e) {
      return new Cpu("unknown", ImmutableSet.of());
    }
  }

  static Cpu parse(List<String> lines) {
    return new Cpu(
        value(lines, "model name"),
        ImmutableSet.copyOf(Splitter.on(' ').omitEmptyStrings().split(value(lines, "flags"))));
  }

  private static String value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .orElse("");
  }

  /** Whether there are instructions that multiply bfloat16 numbers. */
  boolean multipliesBfloat16() {
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
  }

  Finding finding() {
    List<String> has = TOLD.stream().filter(flags::contains).toList();
    List<String> lacks = TOLD.stream().filter(flag -> !flags.contains(flag)).toList();
    String value =
        "%s, has %s%s"
            .formatted(
                model.isEmpty() ? "unknown model" : model,
                has.isEmpty() ? "none of the sets that matter" : String.join(" ", has),
                lacks.isEmpty() ? "" : ", lacks " + String.join(" ", lacks));
    return flags.isEmpty() || flags.contains("avx2")
        ? Finding.ok("cpu", value)
        : Finding.warn(
            "cpu",
            value,
            "matrix products are slow without AVX2; use a processor of 2015 or later");
  }
}
