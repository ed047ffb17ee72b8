package org.bilora.export;

import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/**
 * The trained values of several adapters of one base, one above the other, so that a row of a batch
 * finds its own by the adapter's number:
 *
 * <pre>
 * adapters.LAYER.left    s P Λ, or s B   [adapters, out, rank]
 * adapters.LAYER.right   Q, or A         [adapters, rank, in]
 * adapters.LAYER.gain    g of DoRA       [adapters, out], where one adapter has it
 * adapters.HEAD          head tensors    [adapters, …], where adapters differ
 * </pre>
 *
 * <p>The rank of a layer is the largest of the adapters'; the values of others are zero beyond
 * their own. An adapter with fewer logits than others has {@link #NO_LOGIT} in their place, whose
 * probability is 0.
 *
 * @param adapters in the order of their numbers
 * @param layers names of the layers that at least one adapter changes
 * @param gained those of them with a gain
 * @param heads names of the head's tensors that adapters have of their own
 * @param tensors by name
 */
record AdapterBank(
    List<ServedAdapter> adapters,
    Set<String> layers,
    Set<String> gained,
    Set<String> heads,
    Map<String, HostTensor> tensors) {
  /** The logit of a label that an adapter does not have. */
  static final float NO_LOGIT = -1e9f;

  private static final String PREFIX = "adapters.";

  /** Keeps copies. */
  AdapterBank {
    adapters = List.copyOf(adapters);
    tensors = ImmutableMap.copyOf(tensors);
  }

  /**
   * Stacks trained values.
   *
   * @param head as wide as the widest of the adapters'
   * @param runs one per adapter, of one base
   */
  static AdapterBank of(
      PretrainedEncoder base,
      EncoderHead head,
      List<ServedAdapter> adapters,
      List<TrainedEncoder> runs) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    Set<String> layers = new LinkedHashSet<>();
    Set<String> gained = new LinkedHashSet<>();
    base.linearLayers()
        .forEach(
            (layer, shape) -> {
              List<Optional<LowRankValues>> changes =
                  runs.stream()
                      .map(run -> Optional.ofNullable(run.increments().byLayer().get(layer)))
                      .toList();
              if (changes.stream().anyMatch(Optional::isPresent)) {
                layers.add(layer);
                new Stack(changes, (int) shape[0], (int) shape[1]).into(tensors, layer);
                if (changes.stream()
                    .anyMatch(change -> change.flatMap(LowRankValues::magnitude).isPresent())) {
                  gained.add(layer);
                  tensors.put(gain(layer), gains(changes, base.linearWeight(layer), shape));
                }
              }
            });
    Set<String> heads = new LinkedHashSet<>();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    if (head.hasDense()) {
      shapes.putAll(head.denseTensors());
    }
    shapes.putAll(head.outputTensors());
    shapes.forEach(
        (name, shape) -> {
          if (runs.stream().anyMatch(run -> run.trained().containsKey(name))) {
            heads.add(name);
            tensors.put(head(name), heads(base, runs, name, shape));
          }
        });
    return new AdapterBank(adapters, layers, gained, heads, tensors);
  }

  static String left(String layer) {
    return PREFIX + layer + ".left";
  }

  static String right(String layer) {
    return PREFIX + layer + ".right";
  }

  static String gain(String layer) {
    return PREFIX + layer + ".gain";
  }

  static String head(String tensor) {
    return PREFIX + tensor;
  }

  /** Most logits of an adapter. */
  int width() {
    return adapters.stream().mapToInt(ServedAdapter::outputs).max().orElseThrow();
  }

  /** Whether a second text is among the inputs. */
  boolean anyPairs() {
    return adapters.stream().anyMatch(ServedAdapter::pairs);
  }

  /** The matrices of one layer. */
  private record Stack(List<Optional<LowRankValues>> changes, int out, int in) {

    void into(Map<String, HostTensor> tensors, String layer) {
      int rank = LowRankValues.highestRank(changes.stream().flatMap(Optional::stream).toList());
      int count = changes.size();
      float[] left = new float[count * out * rank];
      float[] right = new float[count * rank * in];
      for (int a = 0; a < count; a++) {
        if (changes.get(a).isPresent()) {
          LowRankValues change = changes.get(a).get();
          int own = change.rank();
          for (int o = 0; o < out; o++) {
            for (int k = 0; k < own; k++) {
              left[(a * out + o) * rank + k] =
                  (float) (change.left()[o * own + k] * change.gains()[k]);
            }
          }
          System.arraycopy(change.right(), 0, right, a * rank * in, own * in);
        }
      }
      tensors.put(left(layer), HostTensor.of(left, count, out, rank));
      tensors.put(right(layer), HostTensor.of(right, count, rank, in));
    }
  }

  /** g = m / ‖W + ΔW‖ of every output, 1 for an adapter without magnitudes. */
  private static HostTensor gains(
      List<Optional<LowRankValues>> changes, float[] weight, long[] shape) {
    int out = (int) shape[0];
    float[] gains = new float[changes.size() * out];
    Arrays.fill(gains, 1);
    for (int a = 0; a < changes.size(); a++) {
      Optional<LowRankValues> change = changes.get(a);
      if (change.flatMap(LowRankValues::magnitude).isPresent()) {
        double[] own = change.get().rowGains(weight);
        for (int o = 0; o < out; o++) {
          gains[a * out + o] = (float) own[o];
        }
      }
    }
    return HostTensor.of(gains, changes.size(), out);
  }

  /** One tensor of every adapter's head; fewer logits than others have are filled up. */
  private static HostTensor heads(
      PretrainedEncoder base, List<TrainedEncoder> runs, String name, long[] shape) {
    int size = 1;
    for (long axis : shape) {
      size *= (int) axis;
    }
    float[] all = new float[runs.size() * size];
    for (int a = 0; a < runs.size(); a++) {
      HostTensor own = runs.get(a).trained().getOrDefault(name, base.weights().get(name));
      if (own == null) {
        throw new IllegalArgumentException("neither adapter nor base has the head's " + name);
      }
      int filled = own.values().length;
      System.arraycopy(own.values(), 0, all, a * size, filled);
      if (shape.length == 1 && filled < size) { // the output layer's bias
        Arrays.fill(all, a * size + filled, (a + 1) * size, NO_LOGIT);
      }
    }
    long[] stacked = new long[shape.length + 1];
    stacked[0] = runs.size();
    System.arraycopy(shape, 0, stacked, 1, shape.length);
    return HostTensor.of(all, stacked);
  }
}
