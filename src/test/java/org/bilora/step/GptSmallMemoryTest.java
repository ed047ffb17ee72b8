package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.bilora.data.Batch;
import org.bilora.generate.DecodingSettings;
import org.bilora.generate.Generation;
import org.bilora.generate.TextGenerator;
import org.bilora.method.BiLora;
import org.bilora.model.DecoderConfig;
import org.bilora.model.DecoderConfigBuilder;
import org.bilora.model.EncoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.RandomDecoders;
import org.bilora.model.TargetModules;
import org.bilora.text.WordTokenizer;
import org.bilora.train.PeakMemory;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GPT-2 small at full size, 124 million random weights. */
@Tag("slow")
class GptSmallMemoryTest {
  private static final DecoderConfig CONFIG =
      DecoderConfigBuilder.builder()
          .vocabSize(50257)
          .hiddenSize(768)
          .layers(12)
          .heads(12)
          .intermediateSize(3072)
          .maxPositions(1024)
          .layerNormEpsilon(1e-5)
          .embeddingDropoutProbability(0.1)
          .residualDropoutProbability(0.1)
          .attentionDropoutProbability(0.1)
          .activation(EncoderConfig.Activation.GELU_TANH)
          .attentionScale(DecoderConfig.AttentionScale.USUAL)
          .tiedHead(true)
          .endOfText(OptionalInt.of(50256))
          .build();
  private static final int ROWS = 8;
  private static final int LENGTH = 64;

  /** As E2E's: the second half of each row is its completion. */
  private static Batch batch(Random random) {
    int tokens = ROWS * LENGTH;
    int[] mask = new int[tokens];
    Arrays.fill(mask, 1);
    int[] counted = new int[tokens];
    for (int row = 0; row < ROWS; row++) {
      Arrays.fill(counted, row * LENGTH + LENGTH / 2, (row + 1) * LENGTH, 1);
    }
    float[] weights = new float[ROWS];
    Arrays.fill(weights, 1);
    return new Batch(
        ROWS,
        LENGTH,
        random.ints(tokens, 0, CONFIG.vocabSize()).toArray(),
        counted,
        mask,
        new float[ROWS],
        weights,
        new int[ROWS],
        tokens / 2);
  }

  @Test
  void anExactStepFitsEightGigabytes() {
    PretrainedDecoder model =
        RandomDecoders.of("gpt2", CONFIG, new WordTokenizer(CONFIG.vocabSize(), 1), 1);
    TrainingSettings settings = TrainingDefaults.settings(BiLora.USUAL);
    Random random = new Random(2);
    try (FineTuning fineTuning =
        FineTuning.open(
            model, TargetModules.match(model, List.of("query", "value")), settings.step())) {
      StepRates rates = new StepRates(0, 1e-3f, 1e-3f, 1e-3f);
      StepResult result =
          fineTuning.step(
              new StepBatches(
                  settings.method().phases().get(0).kind(),
                  List.of(batch(random)),
                  List.of(batch(random))),
              rates);
      // Random weights predict nothing: every token is about as likely as any other.
      assertTrue(
          Math.abs(result.lowerLoss().orElseThrow() - Math.log(CONFIG.vocabSize())) < 1,
          result + "");
      assertTrue(result.upperGradientNorm().orElseThrow() > 0, result + "");
    }
    assertPeakFits();
  }

  @Test
  void aBeamSearchFitsEightGigabytes() {
    PretrainedDecoder model =
        RandomDecoders.of("gpt2", CONFIG, new WordTokenizer(CONFIG.vocabSize(), 1), 1);
    DecodingSettings usual = DecodingSettings.PUBLISHED;
    DecodingSettings settings =
        new DecodingSettings(usual.method(), usual.noRepeatNGram(), 0, 12, usual.batch(), true);
    List<int[]> prompts =
        Collections.nCopies(
            usual.batch(), new Random(3).ints(LENGTH, 0, CONFIG.vocabSize()).toArray());
    try (TextGenerator generator = new TextGenerator(model, settings)) {
      List<Generation> texts = generator.generate(prompts, (finished, all) -> {});
      assertEquals(usual.batch(), texts.size());
      for (Generation text : texts) {
        assertArrayEquals(texts.get(0).tokens(), text.tokens());
      }
    }
    assertPeakFits();
  }

  private static void assertPeakFits() {
    PeakMemory.bytes()
        .ifPresent(bytes -> assertTrue(bytes < 8L << 30, bytes / 1e9 + " GB at the peak"));
  }
}
