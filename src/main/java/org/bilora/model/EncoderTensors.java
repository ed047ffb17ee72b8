package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bilora.weights.HostTensor;

/** Canonical names and shapes of an encoder's tensors, as {@link PretrainedEncoder} lists them. */
final class EncoderTensors {
  private static final long ANY = -1;
  private static final List<String> SUFFIXES = List.of(".weight", ".bias");

  private EncoderTensors() {}

  /** The head of a fine-tuned model: kept where the file has it. The number of labels is free. */
  static Map<String, long[]> optional(EncoderConfig config) {
    HeadLayers head = config.kind().head(config);
    return ImmutableMap.<String, long[]>builder()
        .putAll(head.denseTensors(config.hiddenSize()))
        .putAll(head.outputTensors(ANY, config.hiddenSize()))
        .buildOrThrow();
  }

  /** Names of the tensors to look for in a checkpoint: matrices stacked as it has them. */
  static Set<String> stored(EncoderConfig config) {
    Set<String> names = new HashSet<>(config.kind().tensors(config).keySet());
    names.addAll(optional(config).keySet());
    config
        .kind()
        .stacked(config)
        .forEach(
            (stack, parts) -> {
              for (String suffix : SUFFIXES) {
                if (names.removeAll(parts.stream().map(part -> part + suffix).toList())) {
                  names.add(stack + suffix);
                }
              }
            });
    return names;
  }

  /**
   * Takes stacked matrices and biases apart by rows.
   *
   * @param found as the checkpoint has them, by canonical name
   * @throws IOException when rows cannot be shared out evenly
   */
  static Map<String, HostTensor> unstacked(
      EncoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    Map<String, HostTensor> apart = new HashMap<>(found);
    for (Map.Entry<String, List<String>> entry : config.kind().stacked(config).entrySet()) {
      for (String suffix : SUFFIXES) {
        HostTensor stack = apart.remove(entry.getKey() + suffix);
        if (stack != null) {
          put(apart, stack, entry.getValue(), suffix, file + ": tensor " + entry.getKey() + suffix);
        }
      }
    }
    return apart;
  }

  /**
   * Tensors as a checkpoint of a model for sequence or token classification has them: its names,
   * and matrices stacked.
   *
   * @param tensors by canonical name
   */
  static Map<String, HostTensor> checkpoint(EncoderConfig config, Map<String, HostTensor> tensors) {
    Map<String, HostTensor> stacked = new TreeMap<>(tensors);
    config
        .kind()
        .stacked(config)
        .forEach(
            (stack, parts) -> {
              for (String suffix : SUFFIXES) {
                List<String> names = parts.stream().map(part -> part + suffix).toList();
                if (stacked.keySet().containsAll(names)) {
                  stacked.put(
                      stack + suffix, stacked(names.stream().map(stacked::remove).toList()));
                }
              }
            });
    Map<String, HostTensor> named = new TreeMap<>();
    stacked.forEach(
        (name, tensor) -> named.put(config.kind().checkpointName(config, name), tensor));
    return named;
  }

  /** One above the other. */
  private static HostTensor stacked(List<HostTensor> parts) {
    long[] shape = parts.get(0).shape();
    shape[0] = parts.stream().mapToLong(part -> part.dimension(0)).sum();
    return HostTensor.of(
        Floats.concat(parts.stream().map(HostTensor::values).toArray(float[][]::new)), shape);
  }

  private static void put(
      Map<String, HostTensor> apart,
      HostTensor stack,
      List<String> parts,
      String suffix,
      String where)
      throws IOException {
    long[] shape = stack.shape();
    if (shape.length == 0 || shape[0] % parts.size() != 0) {
      throw new IOException(
          "%s has shape %s; its rows are those of %d layers, and cannot be shared out"
              .formatted(where, Arrays.toString(shape), parts.size()));
    }
    shape[0] /= parts.size();
    float[] values = stack.values();
    int size = values.length / parts.size();
    for (int part = 0; part < parts.size(); part++) {
      float[] rows = Arrays.copyOfRange(values, part * size, (part + 1) * size);
      apart.put(parts.get(part) + suffix, HostTensor.of(rows, shape.clone()));
    }
  }

  /**
   * The tensors that belong to the encoder and its head, every shape as the configuration asks.
   *
   * @param found by canonical name; what belongs to neither is left out
   * @param file for messages
   * @throws IOException when a tensor is missing or has another shape
   */
  static Map<String, HostTensor> checked(
      EncoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    Map<String, long[]> required = config.kind().tensors(config);
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
    put(tensors, required, found, file);
    tensors.putAll(head(config, found, file));
    return tensors.buildOrThrow();
  }

  /** The head's layers that are there as a whole, the output layer only after the dense one. */
  private static Map<String, HostTensor> head(
      EncoderConfig config, Map<String, HostTensor> found, String file) throws IOException {
    HeadLayers head = config.kind().head(config);
    Map<String, long[]> dense = head.denseTensors(config.hiddenSize());
    Map<String, long[]> output = head.outputTensors(ANY, config.hiddenSize());
    ImmutableMap.Builder<String, HostTensor> tensors = ImmutableMap.builder();
    if (found.keySet().containsAll(dense.keySet())) {
      put(tensors, dense, found, file);
      // Without its dense layer an output layer is another kind of head (one label per token).
      if (found.keySet().containsAll(output.keySet())) {
        String weight = head.output() + ".weight";
        HostTensor checked = shaped(weight, found.get(weight), output.get(weight), file);
        put(tensors, head.outputTensors(checked.dimension(0), config.hiddenSize()), found, file);
      }
    }
    return tensors.buildOrThrow();
  }

  private static void put(
      ImmutableMap.Builder<String, HostTensor> tensors,
      Map<String, long[]> shapes,
      Map<String, HostTensor> found,
      String file)
      throws IOException {
    for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
      String name = entry.getKey();
      tensors.put(name, shaped(name, found.get(name), entry.getValue(), file));
    }
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
