package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.weights.HostTensor;

/** Canonical names and shapes of a decoder's tensors, as {@link PretrainedDecoder} lists them. */
final class DecoderTensors {
  /** The token embedding. */
  static final String EMBEDDING = "wte.weight";

  /** The output layer, where it is not the token embedding. */
  static final String HEAD = "lm_head.weight";

  private static final List<String> LAYER_NORMS = List.of("ln_1", "ln_2");

  private DecoderTensors() {}

  /**
   * The linear maps that an increment may change, in the order of the forward pass, each with the
   * shape {@code [out, in]} of its ΔW. Query, key and value are slices of one stored matrix, {@code
   * attn.c_attn}.
   */
  static Map<String, long[]> linearLayers(DecoderConfig config) {
    long hidden = config.hiddenSize();
    long intermediate = config.intermediateSize();
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "h." + layer;
      for (String part : Decoder.FUSED) {
        layers.put(name + ".attn.c_attn." + part, new long[] {hidden, hidden});
      }
      layers.put(name + ".attn.c_proj", new long[] {hidden, hidden});
      layers.put(name + ".mlp.c_fc", new long[] {intermediate, hidden});
      layers.put(name + ".mlp.c_proj", new long[] {hidden, intermediate});
    }
    return layers.buildOrThrow();
  }

  /** What the forward pass reads, each with its shape as stored: {@code [in, out]}. */
  static Map<String, long[]> required(DecoderConfig config) {
    long hidden = config.hiddenSize();
    long intermediate = config.intermediateSize();
    ImmutableMap.Builder<String, long[]> shapes = ImmutableMap.builder();
    shapes.put(EMBEDDING, new long[] {config.vocabSize(), hidden});
    shapes.put("wpe.weight", new long[] {config.maxPositions(), hidden});
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "h." + layer + ".";
      LAYER_NORMS.forEach(norm -> add(shapes, name + norm, hidden));
      add(shapes, name + "attn.c_attn", hidden, 3 * hidden);
      add(shapes, name + "attn.c_proj", hidden, hidden);
      add(shapes, name + "mlp.c_fc", hidden, intermediate);
      add(shapes, name + "mlp.c_proj", intermediate, hidden);
    }
    add(shapes, "ln_f", hidden);
    if (!config.tiedHead()) {
      shapes.put(HEAD, new long[] {config.vocabSize(), hidden});
    }
    return shapes.buildOrThrow();
  }

  /** A weight of that shape, and a bias as long as its last axis. */
  private static void add(ImmutableMap.Builder<String, long[]> shapes, String name, long... shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new long[] {shape[shape.length - 1]});
  }

  /**
   * The decoder's tensors, every shape as the configuration asks.
   *
   * @param found by canonical name
   * @param file for messages
   * @throws IOException when a tensor is missing or has another shape
   */
  static Map<String, HostTensor> checked(
      DecoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    Map<String, long[]> required = required(config);
    List<String> missing =
        required.keySet().stream().filter(name -> !found.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new IOException(
          "%s lacks %d of the %d tensors that a GPT-2 of this configuration has: %s%s"
              .formatted(
                  file,
                  missing.size(),
                  required.size(),
                  String.join(", ", missing.subList(0, Math.min(3, missing.size()))),
                  missing.size() > 3 ? ", …" : ""));
    }
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    for (Map.Entry<String, long[]> entry : required.entrySet()) {
      HostTensor tensor = found.get(entry.getKey());
      if (!Arrays.equals(tensor.shape(), entry.getValue())) {
        throw new IOException(
            "%s: tensor %s has shape %s, but the configuration asks for %s"
                .formatted(
                    file,
                    entry.getKey(),
                    Arrays.toString(tensor.shape()),
                    Arrays.toString(entry.getValue())));
      }
      tensors.put(entry.getKey(), tensor);
    }
    return tensors.buildOrThrow();
  }
}
