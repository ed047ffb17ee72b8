package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.bench.step.Durations;
import org.bilora.bench.step.StepBenchmark;
import org.bilora.bench.step.StepMeasurement;
import org.bilora.bench.step.StepMeasurementBuilder;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.step.ExecutionSettings;
import org.bilora.train.TrainingDefaults;
import org.junit.jupiter.api.Test;

class StepReportTest {
  private static final Durations LORA_TIMES = new Durations(ImmutableList.of(500.0, 400.0));
  private static final StepMeasurement LORA =
      StepMeasurementBuilder.builder()
          .method(Lora.USUAL)
          .rows(32)
          .length(64)
          .batches(1)
          .xla(true)
          .times(LORA_TIMES)
          .firstStepSeconds(4)
          .operations(45e9)
          .peak(400)
          .peakF32(200)
          .peakMemoryMegabytes(1500)
          .build();
  private static final StepMeasurement BILORA =
      StepMeasurementBuilder.builder()
          .method(BiLora.USUAL)
          .rows(32)
          .length(64)
          .batches(2)
          .xla(true)
          .times(new Durations(ImmutableList.of(1350.0)))
          .firstStepSeconds(16)
          .operations(135e9)
          .peak(400)
          .peakF32(200)
          .peakMemoryMegabytes(Double.NaN)
          .loraTimes(Optional.of(LORA_TIMES))
          .build();

  private static StepReport report(
      ExecutionSettings.Precision precision, List<Method> methods, List<StepMeasurement> timings) {
    return report(new ExecutionSettings(precision, ExecutionSettings.Jit.AUTO), methods, timings);
  }

  private static StepReport report(
      ExecutionSettings execution, List<Method> methods, List<StepMeasurement> timings) {
    return new StepReport(
        "some-model",
        new StepBenchmark.Settings(
            ImmutableList.copyOf(methods),
            ImmutableList.of(32),
            ImmutableList.of(64),
            TrainingDefaults.ADAPTER,
            execution,
            2,
            42),
        timings);
  }

  @Test
  void theReportSaysThatActivationsWereComputedAgain() {
    ExecutionSettings kept =
        new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.AUTO);
    StepReport again = report(kept.withRecompute(true), List.of(Lora.USUAL), List.of(LORA));
    assertEquals(true, again.fields().get("recompute"));
    assertTrue(again.title().contains("activations recomputed"));
    StepReport usual = report(kept, List.of(Lora.USUAL), List.of(LORA));
    assertFalse(usual.fields().containsKey("recompute"));
    assertFalse(usual.title().contains("recomputed"));
  }

  @Test
  void numbersAreThoseOfTheTiming() {
    Map<String, Object> fields =
        report(ExecutionSettings.Precision.F32, List.of(Lora.USUAL), List.of(LORA)).fields();
    assertEquals(450.0, fields.get("ms_per_step"));
    assertEquals(400.0, fields.get("ms_min"));
    assertEquals(4551.0, fields.get("tokens_per_second"));
    assertEquals(0.25, fields.get("share_of_gemm_peak"));
    assertEquals(0.2813, fields.get("share_of_gemm_peak_at_min"));
    assertFalse(fields.containsKey("gemm_peak_f32_gflops"));
    assertFalse(fields.containsKey("ratio_to_lora"));
  }

  @Test
  void bfloat16IsHeldAgainstItsOwnPeakAndThatOf32BitsIsTold() {
    StepReport report =
        report(ExecutionSettings.Precision.BF16, List.of(Lora.USUAL), List.of(LORA));
    assertEquals(400.0, report.fields().get("gemm_peak_gflops"));
    assertEquals(200.0, report.fields().get("gemm_peak_f32_gflops"));
    assertTrue(report.text().contains("GEMM peak in f32: 200 GFLOP/s."), report.text());
  }

  @Test
  void theTableHasARowPerTimingAndRatios() {
    StepReport report =
        report(
            ExecutionSettings.Precision.F32,
            List.of(Lora.USUAL, BiLora.USUAL),
            List.of(LORA, BILORA));
    Map<?, ?> bilora = (Map<?, ?>) ((List<?>) report.fields().get("results")).get(1);
    assertEquals("exact:unroll=steady", bilora.get("hypergradient"));
    assertEquals(3.0, bilora.get("ratio_to_lora"));
    assertEquals(3.375, bilora.get("ratio_to_lora_at_min"));
    String text = report.text();
    assertTrue(text.contains("some-model, rank 8, f32, XLA on"), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("lora +32 +64 .* 1\\.00 .*")), text);
    assertTrue(
        text.lines()
            .anyMatch(line -> line.matches("bilora exact:unroll=steady +32 +64 .* 3\\.00 .*")),
        text);
  }
}
