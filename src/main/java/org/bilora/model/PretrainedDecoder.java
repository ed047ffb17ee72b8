package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.bilora.adapter.LowRankValues;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;

/**
 * A pretrained GPT-2 as it was read: architecture, weights and tokenizer.
 *
 * <p>Weights carry Hugging Face's names without the model's prefix, and Hugging Face's layout,
 * which for GPT-2 is {@code [in, out]}:
 *
 * <pre>
 * wte.weight                     [vocabulary, hidden]   token embedding and, transposed, output layer
 * lm_head.weight                 [vocabulary, hidden]   output layer instead, where the two are not tied
 * wpe.weight                     [positions, hidden]
 * h.N.ln_1.weight, .bias         [hidden]               and ln_2
 * h.N.attn.c_attn.weight         [hidden, 3 · hidden]   query, key, value; .bias [3 · hidden]
 * h.N.attn.c_proj.weight         [hidden, hidden]       .bias [hidden]
 * h.N.mlp.c_fc.weight            [hidden, intermediate] .bias [intermediate]
 * h.N.mlp.c_proj.weight          [intermediate, hidden] .bias [hidden]
 * ln_f.weight, .bias             [hidden]
 * </pre>
 *
 * @param name the directory as the user wrote it
 * @param config architecture
 * @param weights by canonical name; every shape was checked against {@code config}
 * @param tokenizer closed with this decoder
 * @param generation which tokens end a text that it writes, and more
 * @param source names of the files it came from
 * @param sha256 of the weight file's bytes, hexadecimal
 * @param files SHA-256 of each other file that decides what it computes, by name
 */
public record PretrainedDecoder(
    String name,
    DecoderConfig config,
    Map<String, HostTensor> weights,
    Tokenizer tokenizer,
    GenerationConfig generation,
    String source,
    String sha256,
    Map<String, String> files)
    implements PretrainedModel {
  /** Keeps copies of the collections. */
  public PretrainedDecoder {
    weights = ImmutableMap.copyOf(weights);
    files = ImmutableMap.copyOf(files);
  }

  @Override
  public Map<String, long[]> linearLayers() {
    return DecoderTensors.linearLayers(config);
  }

  /**
   * The name under which Hugging Face's model with a head saves a tensor of that canonical name.
   */
  public static String savedName(String canonical) {
    return canonical.equals(DecoderTensors.HEAD) ? canonical : "transformer." + canonical;
  }

  @Override
  public int hiddenSize() {
    return config.hiddenSize();
  }

  @Override
  public int layers() {
    return config.layers();
  }

  @Override
  public int vocabularySize() {
    return config.vocabSize();
  }

  @Override
  public int maxTokens() {
    return config.maxPositions();
  }

  /**
   * The decoder with other values: W + ΔWᵀ where there is an increment (in its columns of the fused
   * layer where it is one of query, key and value), and some weights replaced altogether. A text
   * may also end as texts do in training. Name, source and hashes stay those of the decoder it
   * started from, and it has the same tokenizer: close one of the two.
   *
   * @param increments ΔW by name of the linear layer, as in {@link #linearLayers}
   * @param replaced weights by canonical name
   * @throws IllegalArgumentException when a name is unknown or a shape does not fit
   * @throws NonFiniteWeightException when a value is infinite or not a number; the message names
   *     the tensor
   */
  public PretrainedDecoder merged(
      Map<String, LowRankValues> increments, Map<String, HostTensor> replaced) {
    replaced.forEach(
        (weight, value) -> {
          HostTensor old = weights.get(weight);
          if (old == null || !Arrays.equals(old.shape(), value.shape())) {
            throw new IllegalArgumentException(
                "%s has no weight %s of shape %s"
                    .formatted(name, weight, Arrays.toString(value.shape())));
          }
        });
    return new PretrainedDecoder(
        name,
        config,
        mergedWeights(increments, replaced),
        tokenizer,
        generation.alsoEndingWith(config),
        source,
        sha256,
        files);
  }

  private static float[] part(HostTensor weight, int first, int out, int in) {
    int columns = Math.toIntExact(weight.dimension(1));
    float[] part = new float[out * in];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        part[o * in + i] = weight.values()[i * columns + first + o];
      }
    }
    return part;
  }

  @Override
  public String canonical(String checkpointName) {
    return PretrainedDecoders.canonical(checkpointName);
  }

  @Override
  public long[] shape(String tensor) {
    if (!weights.containsKey(tensor)) {
      throw new IllegalArgumentException("%s has no weight %s".formatted(name, tensor));
    }
    return weights.get(tensor).shape();
  }

  @Override
  public boolean knows(String tensor) {
    return weights.containsKey(tensor);
  }

  @Override
  public boolean storesInByOut() {
    return true;
  }

  @Override
  public CheckpointLayer checkpointLayer(String layer) {
    StoredLayer place = StoredLayer.of(layer, config.hiddenSize());
    String weight = savedName(place.matrix());
    return new CheckpointLayer(
        weight.substring(0, weight.lastIndexOf('.')),
        place.first() / config.hiddenSize(),
        place.fused() ? Decoder.FUSED.size() : 1);
  }

  @Override
  public Map<String, HostTensor> checkpoint(Map<String, HostTensor> tensors) {
    Map<String, HostTensor> named = new TreeMap<>();
    tensors.forEach((name, tensor) -> named.put(savedName(name), tensor));
    return named;
  }

  @Override
  public float[] linearWeight(String layer) {
    long[] shape = linearLayers().get(layer);
    StoredLayer place = StoredLayer.of(layer, config.hiddenSize());
    return part(
        weights.get(place.matrix()),
        place.first(),
        Math.toIntExact(shape[0]),
        Math.toIntExact(shape[1]));
  }

  @Override
  public void storeLinearWeight(Map<String, HostTensor> weights, String layer, float[] values) {
    StoredLayer place = StoredLayer.of(layer, config.hiddenSize());
    HostTensor matrix = weights.get(place.matrix());
    float[] stored = matrix.values().clone();
    int columns = Math.toIntExact(matrix.dimension(1));
    int in = Math.toIntExact(matrix.dimension(0));
    int out = values.length / in;
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        stored[i * columns + place.first() + o] = values[o * in + i];
      }
    }
    weights.put(place.matrix(), HostTensor.of(stored, matrix.shape()));
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
