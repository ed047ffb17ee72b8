package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kind calls the parts of a post-layer-norm layer, in the order of the forward pass.
 *
 * @param query dense layer of the queries
 * @param key dense layer of the keys
 * @param value dense layer of the values
 * @param attentionOutput dense layer behind attention
 * @param attentionNorm layer normalisation behind attention
 * @param intermediate first dense layer of the feed-forward layer
 * @param output second dense layer of the feed-forward layer
 * @param outputNorm layer normalisation behind the feed-forward layer
 */
record LayerNames(
    String query,
    String key,
    String value,
    String attentionOutput,
    String attentionNorm,
    String intermediate,
    String output,
    String outputNorm) {

  private static final Pattern NUMBER = Pattern.compile("(?:^|\\.)(?:layers?|h)\\.(\\d+)\\.");

  /** The number of the layer in a part's name, counted from 0; empty where there is none. */
  static OptionalInt numberIn(String name) {
    Matcher found = NUMBER.matcher(name);
    return found.find() ? OptionalInt.of(Integer.parseInt(found.group(1))) : OptionalInt.empty();
  }

  /** As BERT has them, and most others after it. */
  static LayerNames ofBert(int layer) {
    String name = "encoder.layer." + layer;
    return new LayerNames(
        name + ".attention.self.query",
        name + ".attention.self.key",
        name + ".attention.self.value",
        name + ".attention.output.dense",
        name + ".attention.output.LayerNorm",
        name + ".intermediate.dense",
        name + ".output.dense",
        name + ".output.LayerNorm");
  }

  /** The dense layers of all layers, each with its shape {@code [out, in]}. */
  static Map<String, long[]> denseLayers(EncoderConfig config, IntFunction<LayerNames> names) {
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      names.apply(layer).denseLayers(config, layers);
    }
    return layers.buildOrThrow();
  }

  /** Adds what all layers read. */
  static void tensors(EncoderConfig config, IntFunction<LayerNames> names, TensorShapes shapes) {
    shapes.dense(denseLayers(config, names));
    for (int layer = 0; layer < config.layers(); layer++) {
      names.apply(layer).layerNorms(config, shapes);
    }
  }

  /** Adds the dense layers with their shapes {@code [out, in]}. */
  void denseLayers(EncoderConfig config, ImmutableMap.Builder<String, long[]> layers) {
    long hidden = config.hiddenSize();
    long intermediateSize = config.intermediateSize();
    layers.put(query, new long[] {hidden, hidden});
    layers.put(key, new long[] {hidden, hidden});
    layers.put(value, new long[] {hidden, hidden});
    layers.put(attentionOutput, new long[] {hidden, hidden});
    layers.put(intermediate, new long[] {intermediateSize, hidden});
    layers.put(output, new long[] {hidden, intermediateSize});
  }

  /** Adds both layer normalisations. */
  void layerNorms(EncoderConfig config, TensorShapes shapes) {
    shapes.layerNorm(attentionNorm, config.hiddenSize()).layerNorm(outputNorm, config.hiddenSize());
  }
}
