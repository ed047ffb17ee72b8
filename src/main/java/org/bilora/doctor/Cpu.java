package org.bilora.doctor;

import java.util.List;
import org.bilora.train.Processor;

/** Those of a processor's instruction sets that matrix products depend on. */
record Cpu(Processor processor) {
  private static final List<String> TOLD =
      List.of("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16");

  /** Whether there are instructions that multiply bfloat16 numbers. */
  boolean multipliesBfloat16() {
    return processor.flags().contains("avx512_bf16") || processor.flags().contains("amx_bf16");
  }

  Finding finding() {
    List<String> has = TOLD.stream().filter(processor.flags()::contains).toList();
    List<String> lacks = TOLD.stream().filter(flag -> !processor.flags().contains(flag)).toList();
    String value =
        "%s, has %s%s"
            .formatted(
                processor.model(),
                has.isEmpty() ? "none of the sets that matter" : String.join(" ", has),
                lacks.isEmpty() ? "" : ", lacks " + String.join(" ", lacks));
    return processor.flags().isEmpty() || processor.flags().contains("avx2")
        ? Finding.ok("cpu", value)
        : Finding.warn(
            "cpu",
            value,
            "matrix products are slow without AVX2; use a processor of 2015 or later");
  }
}
