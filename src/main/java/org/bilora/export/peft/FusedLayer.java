package org.bilora.export.peft;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bilora.adapter.LowRankValues;
import org.bilora.model.CheckpointLayer;
import org.bilora.model.PretrainedModel;

/**
 * The increments of one of a checkpoint's layers. Where that layer holds several, their increments
 * become one with blocks, of the sum of their ranks:
 *
 * <pre>
 *       ⎡ B_q  0  ⎤
 * ΔW =  ⎢  0   0  ⎥ ⎡ A_q ⎤        for query and value of query, key and value
 *       ⎣  0  B_v ⎦ ⎣ A_v ⎦
 * </pre>
 *
 * @param module the checkpoint's layer
 * @param parts how many layers it holds
 * @param byPart increments of those that are adapted
 * @param layers names of all of them, by part
 */
record FusedLayer(
    String module,
    int parts,
    SortedMap<Integer, LowRankValues> byPart,
    SortedMap<Integer, String> layers) {

  /** All adapted layers by the checkpoint's name. */
  static SortedMap<String, FusedLayer> of(
      PretrainedModel base, Map<String, LowRankValues> increments) {
    SortedMap<String, FusedLayer> fused = new TreeMap<>();
    for (String layer : base.linearLayers().keySet()) {
      CheckpointLayer place = base.checkpointLayer(layer);
      FusedLayer into =
          fused.computeIfAbsent(
              place.module(),
              name -> new FusedLayer(name, place.parts(), new TreeMap<>(), new TreeMap<>()));
      into.layers.put(place.part(), layer);
      if (increments.containsKey(layer)) {
        into.byPart.put(place.part(), increments.get(layer));
      }
    }
    fused.values().removeIf(layer -> layer.byPart.isEmpty());
    return fused;
  }

  private int out() {
    return parts * byPart.get(byPart.firstKey()).out();
  }

  /** Sum of the parts' ranks. */
  int rank() {
    return byPart.values().stream().mapToInt(part -> part.rank()).sum();
  }

  /** α / r of the first adapted part, which those of the others are expressed by. */
  double scale(Map<String, Double> scales) {
    return scales.get(layers.get(byPart.firstKey()));
  }

  int in() {
    return byPart.get(byPart.firstKey()).in();
  }

  /** A, {@code [rank, in]}: those of the parts one above the other, then rows of 0. */
  float[] right(int rank) {
    float[] right = new float[rank * in()];
    int at = 0;
    for (LowRankValues part : byPart.values()) {
      System.arraycopy(part.right(), 0, right, at, part.right().length);
      at += part.right().length;
    }
    return right;
  }

  /**
   * B, {@code [out, rank]}.
   *
   * @param scale what gains are divided by before they go into B; 0 for B without gains
   */
  float[] left(int rank, double scale) {
    float[] left = new float[out() * rank];
    int column = 0;
    for (Map.Entry<Integer, LowRankValues> entry : byPart.entrySet()) {
      LowRankValues part = entry.getValue();
      int own = part.rank();
      int first = entry.getKey() * part.out();
      for (int o = 0; o < part.out(); o++) {
        for (int k = 0; k < own; k++) {
          double gain = scale == 0 ? 1 : part.gains()[k] / scale;
          left[(first + o) * rank + column + k] = (float) (part.left()[o * own + k] * gain);
        }
      }
      column += own;
    }
    return left;
  }

  /** E, {@code [rank]}: gains divided by the scale. */
  float[] values(int rank, double scale) {
    float[] values = new float[rank];
    int at = 0;
    for (LowRankValues part : byPart.values()) {
      for (double gain : part.gains()) {
        values[at++] = (float) (gain / scale);
      }
    }
    return values;
  }

  /** m, {@code [out]}: the lengths of the base's rows where a part is not adapted. */
  float[] magnitude(PretrainedModel base) {
    float[] magnitude = new float[out()];
    for (int part = 0; part < parts; part++) {
      int size = magnitude.length / parts;
      float[] lengths =
          byPart.containsKey(part)
              ? byPart.get(part).magnitude().orElseThrow()
              : LowRankValues.rowLengths(base.linearWeight(layers.get(part)), size);
      System.arraycopy(lengths, 0, magnitude, part * size, size);
    }
    return magnitude;
  }
}
