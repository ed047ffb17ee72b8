package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.model.EncoderConfig.ModelType;
import org.bilora.weights.HostTensor;

/** Canonical names and shapes of an encoder's tensors, as {@link PretrainedEncoder} lists them. */
final class EncoderTensors {
  private static final long ANY = -1;

  private EncoderTensors() {}

  /** The dense layers, in the order of the forward pass, each with its shape {@code [out, in]}. */
  static ImmutableMap<String, long[]> denseLayers(EncoderConfig config) {
    long hidden = config.hiddenSize();
    long intermediate = config.intermediateSize();
    ImmutableMap.Builder<String, long[]> layers = ImmutableMap.builder();
    for (int layer = 0; layer < config.layers(); layer++) {
      String name = "encoder.layer." + layer;
      layers.put(name + ".attention.self.query", new long[] {hidden, hidden});
      layers.put(name + ".attention.self.key", new long[] {hidden, hidden});
      layers.put(name + ".attention.self.value", new long[] {hidden, hidden});
      layers.put(name + ".attention.output.dense", new long[] {hidden, hidden});
      layers.put(name + ".intermediate.dense", new long[] {intermediate, hidden});
      layers.put(name + ".output.dense", new long[] {hidden, intermediate});
    }
    return layers.buildOrThrow();
  }

  /** What the forward pass reads, each with its shape. */
  static ImmutableMap<String, long[]> required(EncoderConfig config) {
    long hidden = config.hiddenSize();
    ImmutableMap.Builder<String, long[]> shapes = ImmutableMap.builder();
    String embeddings = "embeddings.";
    shapes.put(embeddings + "word_embeddings.weight", new long[] {config.vocabSize(), hidden});
    shapes.put(
        embeddings + "position_embeddings.weight", new long[] {config.maxPositions(), hidden});
    shapes.put(
        embeddings + "token_type_embeddings.weight", new long[] {config.typeVocabSize(), hidden});
    layerNorm(shapes, "embeddings.LayerNorm", hidden);
    denseLayers(config).forEach((name, shape) -> dense(shapes, name, shape));
    for (int layer = 0; layer < config.layers(); layer++) {
      layerNorm(shapes, "encoder.layer." + layer + ".attention.output.LayerNorm", hidden);
      layerNorm(shapes, "encoder.layer." + layer + ".output.LayerNorm", hidden);
    }
    return shapes.buildOrThrow();
  }

  /** The head of a fine-tuned model: kept where the file has it. The number of labels is free. */
  static ImmutableMap<String, long[]> optional(EncoderConfig config) {
    long hidden = config.hiddenSize();
    EncoderHead head = new EncoderHead(config, EncoderHead.Pooling.POOLER, 1);
    ImmutableMap.Builder<String, long[]> shapes = ImmutableMap.builder();
    dense(shapes, head.denseName(), new long[] {hidden, hidden});
    dense(shapes, head.outputName(), new long[] {ANY, hidden});
    return shapes.buildOrThrow();
  }

  private static void dense(
      ImmutableMap.Builder<String, long[]> shapes, String name, long[] shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new long[] {shape[0]});
  }

  private static void layerNorm(
      ImmutableMap.Builder<String, long[]> shapes, String name, long hidden) {
    shapes.put(name + ".weight", new long[] {hidden});
    shapes.put(name + ".bias", new long[] {hidden});
  }

  /**
   * The tensors that belong to the encoder and its head, every shape as the configuration asks.
   *
   * @param found by canonical name; what belongs to neither is left out
   * @param file for messages
   * @throws IOException when a tensor is missing or has another shape
   */
  static ImmutableMap<String, HostTensor> checked(
      EncoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    ImmutableMap<String, long[]> required = required(config);
    List<String> missing =
        required.keySet().stream().filter(name -> !found.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new IOException(
          "%s lacks %d of the %d tensors that a %s encoder of this configuration has: %s%s"
              .formatted(
                  file,
                  missing.size(),
                  required.size(),
                  config.modelType() == ModelType.BERT ? "BERT" : "RoBERTa",
                  String.join(", ", missing.subList(0, Math.min(3, missing.size()))),
                  missing.size() > 3 ? ", …" : ""));
    }
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    for (Map.Entry<String, long[]> entry : required.entrySet()) {
      tensors.put(
          entry.getKey(),
          shaped(entry.getKey(), found.get(entry.getKey()), entry.getValue(), file));
    }
    tensors.putAll(head(config, found, file));
    return tensors.buildOrThrow();
  }

  /** The head's layers that are there as a whole, the output layer only after the dense one. */
  private static ImmutableMap<String, HostTensor> head(
      EncoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    ImmutableMap<String, long[]> shapes = optional(config);
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    EncoderHead head = new EncoderHead(config, EncoderHead.Pooling.POOLER, 1);
    for (String layer : ImmutableList.of(head.denseName(), head.outputName())) {
      HostTensor weight = found.get(layer + ".weight");
      HostTensor bias = found.get(layer + ".bias");
      if (weight == null || bias == null) {
        // Without its dense layer an output layer is another kind of head (one label per token).
        break;
      }
      long[] shape = shapes.get(layer + ".weight");
      tensors.put(layer + ".weight", shaped(layer + ".weight", weight, shape, file));
      long[] biasShape = {weight.dimension(0)};
      tensors.put(layer + ".bias", shaped(layer + ".bias", bias, biasShape, file));
    }
    return tensors.buildOrThrow();
  }

  private static HostTensor shaped(String name, HostTensor tensor, long[] expected, String file)
      throws IOException {
    long[] shape = tensor.shape();
    boolean fits = shape.length == expected.length;
    for (int axis = 0; fits && axis < shape.length; axis++) {
      fits = expected[axis] == ANY || expected[axis] == shape[axis];
    }
    if (!fits) {
      throw new IOException(
          "%s: tensor %s has shape %s, but the configuration asks for %s"
              .formatted(
                  file,
                  name,
                  Arrays.toString(shape),
                  Arrays.toString(expected).replace(Long.toString(ANY), "labels")));
    }
    return tensor;
  }
}
