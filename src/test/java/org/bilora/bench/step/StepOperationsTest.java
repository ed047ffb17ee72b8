package org.bilora.bench.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Hypergradient;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.FullFineTuning;
import org.bilora.method.HeadOnly;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.Bert;
import org.bilora.model.EncoderConfig;
import org.bilora.model.EncoderConfigBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepOperationsTest {
  /** The architecture of MiniLM-L6. */
  private static final EncoderConfig MINILM =
      EncoderConfigBuilder.builder()
          .kind(new Bert())
          .vocabSize(30522)
          .hiddenSize(384)
          .layers(6)
          .heads(12)
          .intermediateSize(1536)
          .maxPositions(512)
          .typeVocabSize(2)
          .layerNormEpsilon(1e-12)
          .hiddenDropoutProbability(0.1)
          .attentionDropoutProbability(0.1)
          .classifierDropoutProbability(0.1)
          .padTokenId(0)
          .activation(EncoderConfig.Activation.GELU)
          .build();

  private static Method bilora(String hypergradient, int lowerSteps, int upperSteps) {
    return BiLoraBuilder.builder()
        .lambda(Lambda.SOFTMAX)
        .hypergradient(Hypergradient.parse(hypergradient))
        .lowerSteps(lowerSteps)
        .upperSteps(upperSteps)
        .upperLearningRate(5e-3)
        .gamma1(0.1)
        .gamma2(0.1)
        .lowerFraction(0.8)
        .build();
  }

  /** A product [m, k] × [k, n], counted one multiplication and one addition at a time. */
  private static double product(int m, int k, int n) {
    double operations = 0;
    for (int row = 0; row < m; row++) {
      for (int column = 0; column < n; column++) {
        operations += 2 * k;
      }
    }
    return operations;
  }

  @Test
  void aForwardPassIsTheSumOfItsProducts() {
    EncoderConfig config =
        EncoderConfigBuilder.builder()
            .kind(new Bert())
            .vocabSize(64)
            .hiddenSize(16)
            .layers(2)
            .heads(4)
            .intermediateSize(40)
            .maxPositions(32)
            .typeVocabSize(2)
            .layerNormEpsilon(1e-12)
            .hiddenDropoutProbability(0)
            .attentionDropoutProbability(0)
            .classifierDropoutProbability(0)
            .padTokenId(0)
            .activation(EncoderConfig.Activation.GELU)
            .build();
    int rows = 3;
    int length = 5;
    int tokens = rows * length;
    double expected = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int projection = 0; projection < 4; projection++) {
        expected += product(tokens, config.hiddenSize(), config.hiddenSize());
      }
      expected += product(tokens, config.hiddenSize(), config.intermediateSize());
      expected += product(tokens, config.intermediateSize(), config.hiddenSize());
      for (int head = 0; head < rows * config.heads(); head++) {
        expected += product(length, config.headSize(), length);
        expected += product(length, length, config.headSize());
      }
    }
    assertEquals(expected, StepOperations.forward(config, rows, length));
  }

  @Test
  void aLoraStepOfMiniLmTakesNinetyBillionOperations() {
    assertEquals(89.4e9, StepOperations.step(MINILM, Lora.USUAL, 32, 64), 0.05e9);
  }

  @ParameterizedTest
  @CsvSource({"first-order, 2", "exact, 3", "darts, 4", "betty, 4"})
  void aBiloraStepIsSeveralLoraSteps(String hypergradient, int loraSteps) {
    assertEquals(
        loraSteps * StepOperations.step(MINILM, Lora.USUAL, 8, 16),
        StepOperations.step(MINILM, bilora(hypergradient, 1, 1), 8, 16));
  }

  @Test
  void fullFineTuningFormsTheWeightsGradientsAndTheHeadNeedsNoBackwardPass() {
    double forward = StepOperations.forward(MINILM, 8, 16);
    assertEquals(3 * forward, StepOperations.step(MINILM, FullFineTuning.USUAL, 8, 16));
    assertEquals(forward, StepOperations.step(MINILM, HeadOnly.USUAL, 8, 16));
  }

  @Test
  void severalStepsPerLevelAreNotCounted() {
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> StepOperations.step(MINILM, bilora("exact", 2, 1), 8, 16));
    assertTrue(refusal.getMessage().contains("lowerSteps is 2"), refusal.getMessage());
  }
}
