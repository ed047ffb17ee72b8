package org.bilora.export.peft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.CheckpointLayer;
import org.bilora.model.PretrainedModel;
import org.bilora.weights.HostTensor;

/**
 * Turns the tensors of a checkpoint's layer into increments of the base's layers: the way back of
 * {@link FusedLayer}. A part that an increment with blocks leaves as it is gets none.
 */
final class LayerReader {
  /** PEFT's AdaLoRA divides α by the rank and this. */
  static final double ADALORA_EPSILON = 1e-5;

  private final Path directory;
  private final PretrainedModel base;
  private final AdapterConfig config;

  /** The base's layers by part, by canonical name of the checkpoint's layer. */
  private final Map<String, SortedMap<Integer, String>> layers = new HashMap<>();

  LayerReader(Path directory, PretrainedModel base, AdapterConfig config) {
    this.directory = directory;
    this.base = base;
    this.config = config;
    for (String layer : base.linearLayers().keySet()) {
      CheckpointLayer place = base.checkpointLayer(layer);
      layers
          .computeIfAbsent(base.canonical(place.module()), module -> new TreeMap<>())
          .put(place.part(), layer);
    }
  }

  /**
   * The increments of a layer.
   *
   * @param module its name in the file
   * @param tensors by part
   * @throws IOException when the base has no such layer or one of another size, or a tensor is
   *     missing
   */
  Map<String, LowRankValues> read(String module, Map<String, HostTensor> tensors)
      throws IOException {
    SortedMap<Integer, String> parts = layers.get(base.canonical(module));
    if (parts == null) {
      throw new IOException(
          "%s is an adapter for another base: it changes the layer %s, which %s does not have (%s was trained on \"%s\")"
              .formatted(directory, module, base.name(), directory.getFileName(), config.base()));
    }
    HostTensor right = tensor(module, tensors, "lora_A");
    HostTensor left = tensor(module, tensors, "lora_B");
    long[] shape = base.linearLayers().get(parts.get(parts.firstKey()));
    int rank = Math.toIntExact(right.dimension(0));
    requireShape(module, "lora_A", right, rank, shape[1], "inputs");
    requireShape(module, "lora_B", left, parts.size() * shape[0], rank, "outputs");
    if (rank == 0) {
      return Map.of();
    }
    requireRank(module, rank);
    double[] gains = gains(module, tensors, rank);
    Optional<float[]> lengths = magnitudes(module, tensors, parts.size() * shape[0]);
    LowRankValues whole = new LowRankValues(left.values(), right.values(), gains).with(lengths);
    return parts.size() == 1
        ? Map.of(parts.get(0), whole)
        : split(whole, parts, Math.toIntExact(shape[0]));
  }

  private HostTensor tensor(String module, Map<String, HostTensor> tensors, String part)
      throws IOException {
    HostTensor tensor = tensors.get(part);
    if (tensor == null || tensor.rank() != 2) {
      throw new IOException(
          "%s: %s of layer %s is %s; it must be a matrix"
              .formatted(directory, part, module, tensor == null ? "missing" : tensor));
    }
    return tensor;
  }

  private void requireShape(
      String module, String part, HostTensor tensor, long rows, long columns, String what)
      throws IOException {
    if (tensor.dimension(0) != rows || tensor.dimension(1) != columns) {
      throw new IOException(
          "%s is an adapter for another base: %s of layer %s is %d × %d, but that layer of %s has %d %s (it was trained on \"%s\")"
              .formatted(
                  directory,
                  part,
                  module,
                  tensor.dimension(0),
                  tensor.dimension(1),
                  base.name(),
                  part.equals("lora_A") ? columns : rows,
                  what,
                  config.base()));
    }
  }

  private void requireRank(String module, int rank) throws IOException {
    int said = said(module);
    if (said != rank) {
      throw new IOException(
          "%s: layer %s has the rank %d, but %s says %d"
              .formatted(directory, module, rank, AdapterConfig.FILE, said));
    }
  }

  private int said(String module) throws IOException {
    boolean[] kept = config.sizes().kept().get(module);
    return kept != null
        ? (int) IntStream.range(0, kept.length).filter(i -> kept[i]).count()
        : pattern(config.sizes().ranks(), module).orElse(config.sizes().rank());
  }

  /** The value whose pattern is the layer's name, or the end of it behind a dot. */
  private <V> Optional<V> pattern(Map<String, V> patterns, String module) throws IOException {
    for (Map.Entry<String, V> entry : patterns.entrySet()) {
      try {
        if (Pattern.compile("(.*\\.)?(" + entry.getKey() + ")").matcher(module).matches()) {
          return Optional.of(entry.getValue());
        }
      } catch (PatternSyntaxException e) {
        throw new IOException(
            "%s: %s has the pattern %s, which is no regular expression"
                .formatted(directory, AdapterConfig.FILE, entry.getKey()));
      }
    }
    return Optional.empty();
  }

  private double[] gains(String module, Map<String, HostTensor> tensors, int rank)
      throws IOException {
    double alpha = pattern(config.sizes().alphas(), module).orElse(config.sizes().alpha());
    double[] gains = new double[rank];
    if (config.kind() != AdapterConfig.Kind.ADALORA) {
      Arrays.fill(gains, config.sizes().rankStabilized() ? alpha / Math.sqrt(rank) : alpha / rank);
      return gains;
    }
    HostTensor values = tensor(module, tensors, "lora_E");
    requireShape(module, "lora_E", values, rank, 1, "values");
    double scale = config.scale();
    for (int k = 0; k < rank; k++) {
      gains[k] = scale * values.values()[k];
    }
    return gains;
  }

  private Optional<float[]> magnitudes(String module, Map<String, HostTensor> tensors, long out)
      throws IOException {
    HostTensor lengths = tensors.get("lora_magnitude_vector");
    boolean wanted = config.kind() == AdapterConfig.Kind.DORA;
    if (wanted != (lengths != null) || wanted && lengths.values().length != out) {
      throw new IOException(
          "%s: lora_magnitude_vector of layer %s is %s; with use_dora %s it must %s"
              .formatted(
                  directory,
                  module,
                  lengths == null ? "missing" : lengths,
                  wanted,
                  wanted ? "have %d values".formatted(out) : "be left out"));
    }
    return Optional.ofNullable(lengths).map(HostTensor::values);
  }

  /** Each part's rows, without the columns that are 0 in all of them. */
  private Map<String, LowRankValues> split(
      LowRankValues whole, SortedMap<Integer, String> parts, int out) {
    Map<String, LowRankValues> split = new LinkedHashMap<>();
    for (Map.Entry<Integer, String> part : parts.entrySet()) {
      int first = part.getKey() * out;
      int[] used = used(whole, first, out);
      Optional<float[]> lengths =
          whole.magnitude().map(all -> Arrays.copyOfRange(all, first, first + out));
      if (used.length > 0) {
        split.put(part.getValue(), rows(whole, first, out, used).with(lengths));
      } else if (lengths.isPresent() && changes(part.getValue(), lengths.get())) {
        split.put(part.getValue(), rows(whole, first, out, new int[] {0}).with(lengths));
      }
    }
    return split;
  }

  private static int[] used(LowRankValues whole, int first, int out) {
    int rank = whole.rank();
    return IntStream.range(0, rank)
        .filter(
            k -> IntStream.range(first, first + out).anyMatch(o -> whole.left()[o * rank + k] != 0))
        .toArray();
  }

  private static LowRankValues rows(LowRankValues whole, int first, int out, int[] used) {
    int rank = whole.rank();
    int in = whole.in();
    float[] left = new float[out * used.length];
    float[] right = new float[used.length * in];
    double[] gains = new double[used.length];
    for (int k = 0; k < used.length; k++) {
      gains[k] = whole.gains()[used[k]];
      System.arraycopy(whole.right(), used[k] * in, right, k * in, in);
      for (int o = 0; o < out; o++) {
        left[o * used.length + k] = whole.left()[(first + o) * rank + used[k]];
      }
    }
    return new LowRankValues(left, right, gains);
  }

  /** Whether lengths are other ones than those of the base's rows, beyond rounding. */
  private boolean changes(String layer, float[] lengths) {
    float[] own = LowRankValues.rowLengths(base.linearWeight(layer), lengths.length);
    return IntStream.range(0, own.length)
        .anyMatch(row -> Math.abs(lengths[row] - own[row]) > 1e-6 * own[row]);
  }
}
