package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.List;
import org.bilora.data.Batch;
import org.bilora.data.PredictedTokens;
import org.bilora.method.AdapterSettings;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.model.DecoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.TinyDecoders;
import org.bilora.step.ExecutionSettings;
import org.junit.jupiter.api.Test;

class LanguageModelStepTest {
  private static final PretrainedDecoder MODEL = TinyDecoders.model(0, 1);
  private static final DecoderConfig CONFIG = MODEL.config();

  @Test
  void everyTokenButTheFirstOfARowIsForeseen() {
    Batch batch = new SyntheticBatches(CONFIG, 3, 5, 7).next();
    PredictedTokens next = PredictedTokens.of(batch);
    assertEquals(12, next.count());
    assertArrayEquals(new int[] {0, 1, 2, 3, 5}, Arrays.copyOf(next.positions(), 5));
    assertArrayEquals(batch.inputIds(), new SyntheticBatches(CONFIG, 3, 5, 7).next().inputIds());
    assertThrows(
        IllegalArgumentException.class,
        () -> new SyntheticBatches(CONFIG, 1, TinyDecoders.POSITIONS + 1, 7));
    assertThrows(IllegalArgumentException.class, () -> new SyntheticBatches(CONFIG, 1, 1, 7));
  }

  @Test
  void aForwardPassIsTheSumOfItsProductsTheOutputLayersAmongThem() {
    int tokens = 3 * 5;
    double expected = 0;
    for (int layer = 0; layer < 2; layer++) {
      expected += 2.0 * tokens * 16 * 48; // c_attn
      expected += 2.0 * tokens * 16 * 16; // attn.c_proj
      expected += 2 * 2.0 * tokens * 16 * 32; // c_fc and mlp.c_proj
      expected += 2 * 2.0 * 3 * 5 * 5 * 16; // attention's two products
    }
    expected += 2.0 * 3 * 4 * 16 * TinyDecoders.VOCABULARY;
    assertEquals(expected, StepOperations.forward(CONFIG, 3, 5));
    assertEquals(2 * expected, StepOperations.step(MODEL, Methods.named("lora"), 3, 5));
  }

  @Test
  void stepsOfALanguageModelAreTimed() {
    StepBenchmark.Listener silent =
        new StepBenchmark.Listener() {
          @Override
          public void firstStep(Method method, int rows, int length, double seconds) {}

          @Override
          public void timed(StepMeasurement timing) {}
        };
    List<StepMeasurement> timings =
        new StepBenchmark(
                MODEL,
                new StepBenchmark.Settings(
                    ImmutableList.of(Lora.USUAL, Methods.named("first-order")),
                    ImmutableList.of(2),
                    ImmutableList.of(6),
                    new AdapterSettings(2, 4, List.of("query", "value")),
                    new ExecutionSettings(
                        ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF),
                    2,
                    7),
                silent)
            .run();
    assertEquals(2, timings.size());
    assertTrue(timings.get(1).ratioToLora().isPresent());
  }
}
