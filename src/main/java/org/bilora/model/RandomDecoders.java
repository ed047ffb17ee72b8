package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;

/**
 * GPT-2 before its pretraining (Radford et al. 2019, section 2.3): weights normal with deviation
 * 0.02, those of the layers that write to the residual stream divided by √(2 · layers), biases 0,
 * gains 1.
 */
public final class RandomDecoders {
  private static final double DEVIATION = 0.02;
  private static final int MOST_WEIGHTS = 1_000_000_000;

  private RandomDecoders() {}

  /**
   * Makes sure, before anything is made, that a decoder's weights can be held.
   *
   * @throws IllegalArgumentException when they are too many
   */
  public static void requireSize(int layers, int width, int vocabulary, int positions) {
    double weights =
        ((double) vocabulary + positions) * width + (double) layers * (12.0 * width + 13) * width;
    if (weights > MOST_WEIGHTS) {
      throw new IllegalArgumentException(
          "%d layers of width %d with %d tokens and %d positions have %.0f weights; at most %d are trained from nothing"
              .formatted(layers, width, vocabulary, positions, weights, MOST_WEIGHTS));
    }
  }

  /**
   * Draws a decoder. Its hash is that of its configuration and seed.
   *
   * @param name for the record
   * @param tokenizer closed with the decoder
   */
  public static PretrainedDecoder of(
      String name, DecoderConfig config, Tokenizer tokenizer, long seed) {
    ImmutableMap.Builder<String, HostTensor> weights = ImmutableMap.builder();
    Random random = new Random(seed);
    for (Map.Entry<String, long[]> entry : DecoderTensors.required(config).entrySet()) {
      weights.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), config, random));
    }
    return new PretrainedDecoder(
        name,
        config,
        weights.buildOrThrow(),
        tokenizer,
        GenerationConfig.of(config),
        "drawn from seed " + seed,
        Hashing.sha256().hashString(config + " " + seed, StandardCharsets.UTF_8).toString(),
        ImmutableMap.of());
  }

  private static HostTensor tensor(String name, long[] shape, DecoderConfig config, Random random) {
    int size = 1;
    for (long dimension : shape) {
      size = Math.multiplyExact(size, Math.toIntExact(dimension));
    }
    float[] values = new float[size];
    boolean matrix = shape.length > 1;
    double deviation =
        name.endsWith("c_proj.weight") ? DEVIATION / Math.sqrt(2.0 * config.layers()) : DEVIATION;
    for (int i = 0; i < size; i++) {
      values[i] =
          matrix ? (float) (deviation * random.nextGaussian()) : name.endsWith(".weight") ? 1 : 0;
    }
    return HostTensor.of(values, shape);
  }
}
