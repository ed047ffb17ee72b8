package org.bilora.train;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bilora.adapter.LowRankValues;
import org.bilora.weights.HostTensor;

/**
 * Which pseudo singular values of trained increments are kept, each layer having as many as it has.
 * What a value matters is how large its part of ΔW is, ‖s λ p qᵀ‖_F = s |λ| ‖p‖ ‖q‖: λ alone says
 * little where P and Q are not of unit length.
 *
 * @param kept flags by name of the linear layer, {@code [rank]}
 */
public record Pruning(SortedMap<String, boolean[]> kept) {

  /** Copies the map. */
  public Pruning {
    kept = new TreeMap<>(kept);
  }

  /** One value of one layer. */
  private record Part(String layer, int index, double size) {}

  /**
   * Keeps the parts that are at least so large.
   *
   * @param threshold as a share of the largest part of all layers, from 0 to below 1
   * @throws IllegalArgumentException when the increments have no pseudo singular values
   */
  public static Pruning below(TrainedValues values, double threshold) {
    List<Part> parts = parts(values);
    return of(
        values,
        parts.stream().filter(part -> part.size() >= threshold * parts.get(0).size()).toList());
  }

  /**
   * Keeps the largest parts of all layers.
   *
   * @param rank how many of them for each layer on average
   * @throws IllegalArgumentException when the increments have no pseudo singular values
   */
  public static Pruning toRank(TrainedValues values, int rank) {
    List<Part> parts = parts(values);
    long most = (long) rank * values.increments().size();
    return of(values, parts.stream().limit(most).toList());
  }

  /** All of them, the largest first. */
  private static List<Part> parts(TrainedValues values) {
    if (values.lambdas().isEmpty()) {
      throw new IllegalArgumentException(
          "method %s has no pseudo singular values to prune; bilora, joint and adalora have"
              .formatted(values.method().name()));
    }
    return values.increments().entrySet().stream()
        .flatMap(
            entry -> {
              double[] sizes = entry.getValue().partSizes();
              return IntStream.range(0, sizes.length)
                  .mapToObj(k -> new Part(entry.getKey(), k, sizes[k]));
            })
        .sorted(
            Comparator.comparingDouble(Part::size)
                .reversed()
                .thenComparing(Part::layer)
                .thenComparing(Part::index))
        .toList();
  }

  /** A part of size 0 is never kept. */
  private static Pruning of(TrainedValues values, List<Part> some) {
    SortedMap<String, boolean[]> kept = new TreeMap<>();
    values
        .increments()
        .forEach((layer, increment) -> kept.put(layer, new boolean[increment.rank()]));
    some.stream()
        .filter(part -> part.size() > 0)
        .forEach(part -> kept.get(part.layer())[part.index()] = true);
    return new Pruning(kept);
  }

  /** How many values each layer keeps. */
  public SortedMap<String, Integer> ranks() {
    SortedMap<String, Integer> ranks = new TreeMap<>();
    kept.forEach((layer, flags) -> ranks.put(layer, count(flags)));
    return ranks;
  }

  private static int count(boolean[] flags) {
    return (int) IntStream.range(0, flags.length).filter(k -> flags[k]).count();
  }

  /** What is left of the increments; a layer of which nothing is left is not among them. */
  public Map<String, LowRankValues> increments(TrainedValues values) {
    Map<String, LowRankValues> left = new HashMap<>();
    values
        .increments()
        .forEach(
            (layer, increment) -> {
              if (count(kept.get(layer)) > 0) {
                left.put(layer, increment.keeping(kept.get(layer)));
              }
            });
    return left;
  }

  /** The same values with 0 in the left matrices' columns that are not kept. */
  public Map<String, HostTensor> applied(TrainedValues values) {
    Map<String, HostTensor> applied = new HashMap<>(values.values());
    kept.forEach(
        (layer, flags) -> {
          String name = values.leftName(layer);
          HostTensor left = applied.get(name);
          float[] numbers = left.values().clone();
          for (int i = 0; i < numbers.length; i++) {
            if (!flags[i % flags.length]) {
              numbers[i] = 0;
            }
          }
          applied.put(name, HostTensor.of(numbers, left.shape()));
        });
    return applied;
  }

  /** Values that an adapter's files hold of what is left. */
  public long size(TrainedValues values) {
    return increments(values).values().stream()
        .mapToLong(
            increment ->
                increment.left().length
                    + increment.right().length
                    + (values.form().orElseThrow().triplets() ? increment.rank() : 0))
        .sum();
  }
}
