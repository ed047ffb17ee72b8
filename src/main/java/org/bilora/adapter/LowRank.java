package org.bilora.adapter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bilora.graph.OrderedSum;
import org.bilora.graph.RowProduct;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * A change of a dense layer that is applied to activations without forming a matrix of W's size:
 *
 * <pre>
 * ΔW = L R                           x ΔWᵀ = (x Rᵀ) Lᵀ
 * W' = diag(g) (W + ΔW), with a gain (DoRA, Liu et al. 2024, arXiv 2402.09353, equation 5)
 * </pre>
 *
 * <p>Each of the three may also be of each row of a batch, with an axis of rows in front: so every
 * row is changed by an adapter of its own.
 *
 * @param left L, with s = α/r: s P Λ (BiLoRA, equation 2) or s B (Hu et al. 2021, equation 3),
 *     {@code [out, rank]}
 * @param right R: Q, or A, {@code [rank, in]}
 * @param gain g, {@code [out]}; empty where it is 1
 */
public record LowRank(
    Operand<TFloat32> left, Operand<TFloat32> right, Optional<Operand<TFloat32>> gain) {

  /** Without a gain. */
  public LowRank(Operand<TFloat32> left, Operand<TFloat32> right) {
    this(left, right, Optional.empty());
  }

  /** The same change under a gain. */
  public LowRank under(Operand<TFloat32> other) {
    return new LowRank(left, right, Optional.of(other));
  }

  /**
   * ΔW = s · P Λ Q. The columns of P are scaled, not the activations: out × rank products instead
   * of tokens × rank.
   *
   * @param p P, {@code [out, rank]}
   * @param gains s λ: {@code [rank]}; for LoRA s, a scalar
   * @param q Q, {@code [rank, in]}
   */
  public static LowRank scaled(
      Ops tf, Operand<TFloat32> p, Operand<TFloat32> gains, Operand<TFloat32> q) {
    return new LowRank(tf.math.mul(p, gains), q);
  }

  /**
   * The changes of several layers that read the same activations as one change of their outputs
   * laid side by side, so that two thin matrix products serve for all of them:
   *
   * <pre>
   * L = diag(L₁, L₂, …)   [out₁ + out₂ + …, rank₁ + rank₂ + …]
   * R = (R₁; R₂; …)       [rank₁ + rank₂ + …, in]
   * </pre>
   *
   * @param changes one per layer, empty for a layer that is left as it is
   * @param outs width of each layer's output
   * @return empty when no layer changes
   */
  public static Optional<LowRank> sideBySide(Ops tf, List<Optional<LowRank>> changes, int[] outs) {
    int rows = 0;
    for (int out : outs) {
      rows += out;
    }
    int columns = changes.stream().mapToInt(c -> c.map(LowRank::rank).orElse(0)).sum();
    List<Operand<TFloat32>> blocks = new ArrayList<>();
    List<Operand<TFloat32>> rights = new ArrayList<>();
    int row = 0;
    int column = 0;
    for (int i = 0; i < outs.length; i++) {
      if (changes.get(i).isPresent()) {
        LowRank change = changes.get(i).get();
        int[][] padding = new int[change.axes()][2];
        padding[change.axes() - 2] = new int[] {row, rows - row - outs[i]};
        padding[change.axes() - 1] = new int[] {column, columns - column - change.rank()};
        blocks.add(tf.pad(change.left, tf.constant(padding), tf.constant(0f)));
        rights.add(change.right);
        column += change.rank();
      }
      row += outs[i];
    }
    Optional<Operand<TFloat32>> gain = gainSideBySide(tf, changes, outs);
    return switch (blocks.size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(new LowRank(blocks.get(0), rights.get(0), gain));
      default ->
          Optional.of(
              new LowRank(
                  OrderedSum.of(tf, blocks),
                  tf.concat(rights, tf.constant(rights.get(0).shape().numDimensions() - 2)),
                  gain));
    };
  }

  /** The layers' gains, 1 where a layer has none; empty where none has one. */
  private static Optional<Operand<TFloat32>> gainSideBySide(
      Ops tf, List<Optional<LowRank>> changes, int[] outs) {
    Optional<Operand<TFloat32>> any =
        changes.stream().flatMap(change -> change.flatMap(LowRank::gain).stream()).findFirst();
    if (any.isEmpty()) {
      return Optional.empty();
    }
    List<Operand<TFloat32>> gains = new ArrayList<>();
    for (int i = 0; i < outs.length; i++) {
      int out = outs[i];
      gains.add(changes.get(i).flatMap(LowRank::gain).orElseGet(() -> ones(tf, any.get(), out)));
    }
    return Optional.of(
        gains.size() == 1
            ? gains.get(0)
            : tf.concat(gains, tf.constant(any.get().shape().numDimensions() - 1)));
  }

  /** As many as a layer is wide, for every row where other gains are by row. */
  private static Operand<TFloat32> ones(Ops tf, Operand<TFloat32> like, int out) {
    float[] ones = new float[out];
    Arrays.fill(ones, 1);
    if (like.shape().numDimensions() == 1) {
      return tf.constant(ones);
    }
    Operand<TInt32> rows = tf.slice(tf.shape(like), tf.array(0), tf.array(1));
    return tf.broadcastTo(
        tf.constant(ones), tf.concat(List.of(rows, tf.array(out)), tf.constant(0)));
  }

  /**
   * What the layer puts out beyond x Wᵀ: g ∘ x ΔWᵀ + (g − 1) ∘ x Wᵀ.
   *
   * @param x activations as the change reads them, {@code [tokens, in]}
   * @param product x Wᵀ, {@code [tokens, out]}, asked for where there is a gain
   * @return {@code [tokens, out]}, of x's type
   */
  public <T extends TFloating> Operand<T> apply(
      Ops tf, Operand<T> x, Supplier<Operand<T>> product) {
    Operand<T> narrow = RowProduct.of(tf, x, tf.dtypes.cast(right, x.type()));
    Operand<T> added = RowProduct.of(tf, narrow, tf.dtypes.cast(left, x.type()));
    if (gain.isEmpty()) {
      return added;
    }
    Operand<T> g = tf.dtypes.cast(gain.get(), x.type());
    Operand<T> beyond = tf.dtypes.cast(tf.math.sub(gain.get(), tf.constant(1f)), x.type());
    return tf.math.add(
        RowProduct.scaled(tf, added, g), RowProduct.scaled(tf, product.get(), beyond));
  }

  /** ΔW times a number. */
  public LowRank times(Ops tf, double factor) {
    return factor == 1
        ? this
        : new LowRank(tf.math.mul(left, tf.constant((float) factor)), right, gain);
  }

  private int rank() {
    return Math.toIntExact(right.shape().get(axes() - 2));
  }

  private int axes() {
    return right.shape().numDimensions();
  }
}
