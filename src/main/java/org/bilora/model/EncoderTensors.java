package org.bilora.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bilora.weights.HostTensor;

/** Canonical names and shapes of an encoder's tensors, as {@link PretrainedEncoder} lists them. */
final class EncoderTensors {
  private static final long ANY = -1;

  private EncoderTensors() {}

  /** The head of a fine-tuned model: kept where the file has it. The number of labels is free. */
  static ImmutableMap<String, long[]> optional(EncoderConfig config) {
    long hidden = config.hiddenSize();
    EncoderHead head = new EncoderHead(config, EncoderHead.Pooling.POOLER, 1);
    return new TensorShapes()
        .dense(head.denseName(), hidden, hidden)
        .dense(head.outputName(), ANY, hidden)
        .build();
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
    ImmutableMap<String, long[]> required = config.kind().tensors(config);
    List<String> missing =
        required.keySet().stream().filter(name -> !found.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new IOException(
          "%s lacks %d of the %d tensors that a %s encoder of this configuration has: %s%s"
              .formatted(
                  file,
                  missing.size(),
                  required.size(),
                  config.kind().title(),
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
