package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.bilora.text.WordTokenizer;
import org.bilora.weights.HostTensor;

/** Decoders small enough for a test to train: two layers of width 16, weights drawn from a seed. */
public final class TinyDecoders {
  /** Token ids. */
  public static final int VOCABULARY = 40;

  /** Rows of the position embedding. */
  public static final int POSITIONS = 24;

  private TinyDecoders() {}

  /** Two layers, two heads, width 16; the last id ends a text. */
  public static DecoderConfig config(double dropout) {
    return DecoderConfigBuilder.builder()
        .vocabSize(VOCABULARY)
        .hiddenSize(16)
        .layers(2)
        .heads(2)
        .intermediateSize(32)
        .maxPositions(POSITIONS)
        .layerNormEpsilon(1e-5)
        .embeddingDropoutProbability(dropout)
        .residualDropoutProbability(dropout)
        .attentionDropoutProbability(dropout)
        .activation(EncoderConfig.Activation.GELU_TANH)
        .attentionScale(DecoderConfig.AttentionScale.USUAL)
        .tiedHead(true)
        .endOfText(OptionalInt.of(VOCABULARY - 1))
        .build();
  }

  /** A whole decoder with a tokenizer of words. */
  public static PretrainedDecoder model(double dropout, long seed) {
    DecoderConfig config = config(dropout);
    return new PretrainedDecoder(
        "tiny-gpt2-" + seed,
        config,
        weights(config, seed),
        new WordTokenizer(VOCABULARY, 1),
        GenerationConfig.of(config),
        "drawn from seed " + seed,
        "cafe" + seed,
        ImmutableMap.of());
  }

  /** Weights for {@link #config}: gains around 1, all else around 0. */
  public static Map<String, HostTensor> weights(DecoderConfig config, long seed) {
    Random random = new Random(seed);
    ImmutableMap.Builder<String, HostTensor> weights = ImmutableMap.builder();
    for (Map.Entry<String, long[]> entry : DecoderTensors.required(config).entrySet()) {
      int size = 1;
      for (long axis : entry.getValue()) {
        size *= Math.toIntExact(axis);
      }
      double mean = entry.getKey().matches(".*ln_\\w\\.weight") ? 1 : 0;
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) (mean + 0.3 * random.nextGaussian());
      }
      weights.put(entry.getKey(), HostTensor.of(values, entry.getValue()));
    }
    return weights.buildOrThrow();
  }
}
