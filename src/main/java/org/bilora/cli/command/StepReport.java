package org.bilora.cli.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bilora.bench.step.StepBenchmark;
import org.bilora.bench.step.StepMeasurement;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.StepKind;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.TensorFlowDevices;
import org.bilora.train.RunEnvironment;
import org.tensorflow.TensorFlow;

/** What {@code bench step} says about its timings. */
record StepReport(String model, StepBenchmark.Settings settings, List<StepMeasurement> timings) {

  /** One line about the model and how the steps were computed. */
  String title() {
    List<String> gpus = TensorFlowDevices.gpuModels();
    return "%s, rank %d, %s, XLA %s%s, %s"
        .formatted(
            model,
            settings.adapter().rank(),
            lower(settings.execution().precision()),
            timings.get(0).xla() ? "on" : "off",
            settings.execution().recompute().isPresent() ? ", activations recomputed" : "",
            gpus.isEmpty() ? threads() + " threads" : String.join(", ", gpus));
  }

  /** Settings and measurements; of several combinations, the measurements as {@code results}. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model);
    fields.put("rank", settings.adapter().rank());
    fields.put("precision", lower(settings.execution().precision()));
    fields.put("jit", lower(settings.execution().jit()));
    fields.put("xla", timings.get(0).xla());
    settings.execution().recompute().ifPresent(again -> fields.put("recompute", again));
    fields.put("steps", settings.steps());
    fields.put("seed", settings.seed());
    fields.put("threads", threads());
    fields.put("cpu", RunEnvironment.cpu());
    if (!TensorFlowDevices.gpus().isEmpty()) {
      fields.put("gpu", TensorFlowDevices.gpuModels());
    }
    fields.put("java", RunEnvironment.java());
    fields.put("tensorflow", TensorFlow.version());
    fields.put("commit", RunEnvironment.commit());
    if (timings.size() == 1) {
      fields.putAll(measured(timings.get(0)));
      return fields;
    }
    List<Map<String, Object>> results = new ArrayList<>();
    timings.forEach(timing -> results.add(measured(timing)));
    fields.put("results", results);
    return fields;
  }

  private Map<String, Object> measured(StepMeasurement timing) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("method", timing.method().name());
    if (timing.method().phases().get(0).kind() instanceof StepKind.Bilevel bilevel) {
      fields.put("hypergradient", Hypergradients.write(bilevel.hypergradient()));
    }
    timing.layers().ifPresent(layers -> fields.put("layers", layers.text()));
    if (timing.lanes() > 1) {
      fields.put("lanes", timing.lanes());
    }
    fields.put("batch", timing.rows());
    fields.put("seq", timing.length());
    fields.put("ms_per_step", round(timing.times().median(), 2));
    fields.put("ms_min", round(timing.times().min(), 2));
    fields.put("tokens_per_second", round(timing.tokensPerSecond(), 0));
    fields.put("gflop_per_step", round(timing.operations() / 1e9, 3));
    fields.put("gemm_peak_gflops", round(timing.peak(), 1));
    if (settings.execution().precision() == ExecutionSettings.Precision.BF16) {
      fields.put("gemm_peak_f32_gflops", round(timing.peakF32(), 1));
    }
    fields.put("share_of_gemm_peak", round(timing.shareOfPeak(), 4));
    fields.put("share_of_gemm_peak_at_min", round(timing.shareOfPeakAtMin(), 4));
    timing.ratioToLora().ifPresent(ratio -> fields.put("ratio_to_lora", round(ratio, 3)));
    timing
        .ratioToLoraAtMin()
        .ifPresent(ratio -> fields.put("ratio_to_lora_at_min", round(ratio, 3)));
    timing.gainOfLanes().ifPresent(gain -> fields.put("gain_of_lanes", round(gain, 3)));
    timing.gainOfLanesAtMin().ifPresent(gain -> fields.put("gain_of_lanes_at_min", round(gain, 3)));
    fields.put("first_step_seconds", round(timing.firstStepSeconds(), 2));
    fields.put("peak_rss_mb", round(timing.peakMemoryMegabytes(), 0));
    return fields;
  }

  /** A table. */
  String text() {
    boolean ratios = timings.stream().anyMatch(timing -> timing.ratioToLora().isPresent());
    StringBuilder text = new StringBuilder(title()).append(System.lineSeparator());
    text.append(RunEnvironment.cpu()).append(System.lineSeparator()).append(System.lineSeparator());
    text.append(
        "%-28s %5s %4s %9s %9s%s %10s %11s %6s %8s %9s%n"
            .formatted(
                "method",
                "batch",
                "seq",
                "ms/step",
                "fastest",
                ratios ? "   × LoRA" : "",
                "tokens/s",
                "GEMM GF/s",
                "share",
                "first s",
                "peak MB"));
    for (StepMeasurement timing : timings) {
      text.append(
          "%-28s %5d %4d %9.1f %9.1f%s %,10.0f %11.0f %5.0f%% %8.1f %,9.0f%n"
              .formatted(
                  timing.label(),
                  timing.rows(),
                  timing.length(),
                  timing.times().median(),
                  timing.times().min(),
                  ratios ? " %8.2f".formatted(timing.ratioToLora().orElse(1)) : "",
                  timing.tokensPerSecond(),
                  timing.peak(),
                  100 * timing.shareOfPeak(),
                  timing.firstStepSeconds(),
                  timing.peakMemoryMegabytes()));
    }
    text.append(
        "%nms/step is the median of %d steps; share is that of the GEMM peak in %s (the fastest"
                .formatted(settings.steps(), lower(settings.execution().precision()))
            + " steps: %s)."
                .formatted(
                    String.join(
                        ", ",
                        timings.stream()
                            .map(timing -> "%.0f%%".formatted(100 * timing.shareOfPeakAtMin()))
                            .toList())));
    for (StepMeasurement timing : timings) {
      timing
          .gainOfLanes()
          .ifPresent(
              gain ->
                  text.append(
                      "%n%s, %d × %d: %.2f times as many trainings an hour as one by one (%.2f by fastest steps)."
                          .formatted(
                              timing.label(),
                              timing.rows(),
                              timing.length(),
                              gain,
                              timing.gainOfLanesAtMin().getAsDouble())));
    }
    if (settings.execution().precision() == ExecutionSettings.Precision.BF16) {
      text.append(" GEMM peak in f32: %.0f GFLOP/s.".formatted(timings.get(0).peakF32()));
    }
    return text.toString();
  }

  private static int threads() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static double round(double value, int decimals) {
    double scale = Math.pow(10, decimals);
    return Double.isFinite(value) ? Math.round(value * scale) / scale : value;
  }
}
