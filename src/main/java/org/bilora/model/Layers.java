package org.bilora.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bilora.adapter.LowRank;
import org.bilora.graph.BatchProduct;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.math.Mean;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/** Pieces of a Transformer layer that are functions of their operands alone. */
final class Layers {
  private static final float MASKED = -1e9f;

  private Layers() {}

  /**
   * Layer normalisation over the last axis (Ba et al. 2016), in float32.
   *
   * @param input {@code [tokens, hidden]}
   * @param gain {@code [hidden]}
   * @param shift {@code [hidden]}
   */
  static <T extends TFloating> Operand<T> layerNorm(
      Ops tf, Operand<T> input, Operand<T> gain, Operand<T> shift, double epsilon) {
    Operand<TFloat32> scaled = normalized(tf, input, gain, epsilon);
    return tf.dtypes.cast(tf.math.add(scaled, tf.dtypes.cast(shift, TFloat32.class)), input.type());
  }

  /** The same without a shift. */
  static <T extends TFloating> Operand<T> layerNorm(
      Ops tf, Operand<T> input, Operand<T> gain, double epsilon) {
    return tf.dtypes.cast(normalized(tf, input, gain, epsilon), input.type());
  }

  private static <T extends TFloating> Operand<TFloat32> normalized(
      Ops tf, Operand<T> input, Operand<T> gain, double epsilon) {
    Operand<TFloat32> x = tf.dtypes.cast(input, TFloat32.class);
    Operand<TInt32> last = tf.constant(new int[] {1});
    Operand<TFloat32> centred = tf.math.sub(x, tf.math.mean(x, last, Mean.keepDims(true)));
    Operand<TFloat32> variance = tf.math.mean(tf.math.square(centred), last, Mean.keepDims(true));
    Operand<TFloat32> root = tf.math.rsqrt(tf.math.add(variance, tf.constant((float) epsilon)));
    return tf.math.mul(tf.math.mul(centred, root), tf.dtypes.cast(gain, TFloat32.class));
  }

  /**
   * Factors of a dense layer's matrix and bias.
   *
   * @param matrix of W and ΔW
   * @param bias of b
   */
  record Scale(double matrix, double bias) {
    static final Scale ONE = new Scale(1, 1);
  }

  /**
   * A feed-forward layer's activation σ as σ(x) = τ(i x) · o:
   *
   * <pre>
   * GELU:       i = √½,      τ(u) = u (1 + erf u),                 o = √½
   * tanh GELU:  i = 2√(2/π), τ(u) = u sigmoid(u + 0.044715/i² u³), o = 1/i
   * quick GELU: i = 1.702,   τ(u) = u sigmoid(u),                  o = 1/i
   * </pre>
   *
   * @param activation σ
   * @param in i
   * @param out o
   * @param folded whether the matrices before and behind have the factors in them: with many tokens
   *     they have fewer elements than the activations, and every pass over those counts
   */
  record ScaledActivation(
      EncoderConfig.Activation activation, double in, double out, boolean folded) {
    private static final double CUBIC = 0.044715;
    private static final double QUICK = 1.702;
    private static final double CUT_OFF = 10;

    /**
     * The activation for one call.
     *
     * @param read what the feed-forward layer reads, {@code [tokens, hidden]}
     */
    static ScaledActivation of(EncoderConfig.Activation activation, Operand<?> read) {
      return of(activation, hasMoreRows(read, read.shape().get(1)));
    }

    private static ScaledActivation of(EncoderConfig.Activation activation, boolean folded) {
      double tanhIn = 2 * Math.sqrt(2 / Math.PI);
      return switch (activation) {
        case GELU, GELU_10 ->
            new ScaledActivation(activation, Math.sqrt(0.5), Math.sqrt(0.5), folded);
        case GELU_TANH -> new ScaledActivation(activation, tanhIn, 1 / tanhIn, folded);
        case QUICK_GELU -> new ScaledActivation(activation, QUICK, 1 / QUICK, folded);
        case SILU, RELU, TANH -> new ScaledActivation(activation, 1, 1, folded);
      };
    }

    /** Of the dense layer whose output the activation reads. */
    Scale before() {
      return folded ? new Scale(in, in) : Scale.ONE;
    }

    /** Of the dense layer that reads the activation. */
    Scale behind() {
      return folded ? new Scale(out, 1) : Scale.ONE;
    }

    /**
     * The activation by element, τ alone where the factors are in the matrices.
     *
     * @param x the dense layer's output under {@link #before}
     * @return input for the dense layer under {@link #behind}
     */
    <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x) {
      return folded ? unscaled(tf, x) : times(tf, unscaled(tf, times(tf, x, in)), out);
    }

    /** τ. */
    private <T extends TFloating> Operand<T> unscaled(Ops tf, Operand<T> u) {
      return switch (activation) {
        case GELU -> byErrorFunction(tf, u);
        case GELU_10 -> {
          Operand<T> least = constant(tf, u, -CUT_OFF / out);
          Operand<T> atLeast = tf.math.maximum(byErrorFunction(tf, u), least);
          yield tf.math.neg(tf.math.maximum(tf.math.neg(atLeast), least));
        }
        case GELU_TANH -> {
          Operand<T> bent = tf.math.mul(tf.math.square(u), constant(tf, u, CUBIC / (in * in)));
          Operand<T> inner = tf.math.mul(u, tf.math.add(bent, constant(tf, u, 1)));
          yield tf.math.mul(u, tf.math.sigmoid(inner));
        }
        case QUICK_GELU, SILU -> tf.math.mul(u, tf.math.sigmoid(u));
        case RELU -> tf.math.maximum(u, constant(tf, u, 0));
        case TANH -> tf.math.tanh(u);
      };
    }

    private static <T extends TFloating> Operand<T> byErrorFunction(Ops tf, Operand<T> u) {
      return tf.math.mul(u, tf.math.add(tf.math.erf(u), constant(tf, u, 1)));
    }
  }

  /** An activation by element, x of any shape. */
  static <T extends TFloating> Operand<T> activated(
      Ops tf, EncoderConfig.Activation activation, Operand<T> x) {
    return ScaledActivation.of(activation, false).apply(tf, x);
  }

  /**
   * What a dense layer with a change puts out: y + factor · dropout(x) ΔWᵀ, and under a gain g
   * besides (g − 1) ∘ (y − b). The change comes after the bias, which TensorFlow adds within the
   * kernel of the frozen layer's product.
   *
   * @param frozen y, what it puts out without the change, {@code [tokens, out]}
   * @param shift b, {@code [out]}; empty for a layer without
   * @param change ΔW, if the layer has one
   * @param x {@code [tokens, in]}
   * @param probability of dropout on x
   */
  static <T extends TFloating> Operand<T> changed(
      Ops tf,
      Operand<T> frozen,
      Optional<Operand<T>> shift,
      Optional<LowRank> change,
      double factor,
      Operand<T> x,
      Dropout dropout,
      double probability) {
    if (change.isEmpty()) {
      return frozen;
    }
    Operand<T> read = dropout.apply(tf, x, probability);
    Supplier<Operand<T>> product =
        () -> shift.isPresent() ? tf.math.sub(frozen, shift.get()) : frozen;
    return tf.math.add(frozen, change.get().times(tf, factor).apply(tf, read, product));
  }

  /** Whether a matrix is known to have more rows than that: what is done per matrix then pays. */
  static boolean hasMoreRows(Operand<?> matrix, long rows) {
    return matrix.shape().get(0) > rows;
  }

  /**
   * x times a number, x itself where that is 1.
   *
   * @param x of any shape
   */
  static <T extends TFloating> Operand<T> times(Ops tf, Operand<T> x, double factor) {
    return factor == 1 ? x : tf.math.mul(x, constant(tf, x, factor));
  }

  /**
   * What is added to attention scores: 0 where a query may see a key, a large negative value
   * elsewhere.
   *
   * @param allowed 1 and 0, of any shape
   */
  static Operand<TFloat32> maskBias(Ops tf, Operand<TFloat32> allowed) {
    return tf.math.mul(tf.math.sub(tf.constant(1f), allowed), tf.constant(MASKED));
  }

  /**
   * Queries, keys and values by head. The columns are parted before they are transposed: so the
   * gradient of each is transposed by itself and laid beside the others as it is, where one
   * transposition of all three has to ask for every value whose gradient it is.
   *
   * @param joint {@code [tokens, 3 × heads × head size]}
   * @param ids {@code [rows, length]}, for the shape
   * @return three of {@code [rows, heads, length, head size]}
   */
  static <T extends TFloating> List<Operand<T>> queryKeyValue(
      Ops tf, Operand<T> joint, Operand<TInt32> ids, int heads, int headSize) {
    List<Operand<T>> parts = new ArrayList<>();
    for (Output<T> part : tf.split(tf.constant(1), joint, 3L).output()) {
      Operand<T> split = tf.reshape(part, dimensions(tf, ids, heads, headSize));
      parts.add(tf.linalg.transpose(split, tf.constant(new int[] {0, 2, 1, 3})));
    }
    return parts;
  }

  /**
   * Queries scaled by 1/√d: hidden values per token are fewer than heads × length scores.
   *
   * @param query {@code [rows, heads, queries, head size]}
   */
  static <T extends TFloating> Operand<T> scaled(Ops tf, Operand<T> query, int headSize) {
    return tf.math.mul(query, constant(tf, query, 1 / Math.sqrt(headSize)));
  }

  /**
   * dropout(softmax(Q Kᵀ + bias)) V, the softmax in float32; with DropKey softmax(Q Kᵀ + bias + M)
   * V, see {@link HiddenKey}.
   *
   * @param query {@code [rows, heads, queries, head size]}, scaled by 1/√d
   * @param key {@code [rows, heads, keys, head size]}
   * @param value {@code [rows, heads, keys, head size]}
   * @param bias broadcast to {@code [rows, heads, queries, keys]}
   * @param probability that dropout takes a probability of attention
   * @return {@code [rows, heads, queries, head size]}
   */
  static <T extends TFloating> Operand<T> attention(
      Ops tf,
      Operand<T> query,
      Operand<T> key,
      Operand<T> value,
      Operand<TFloat32> bias,
      Dropout dropout,
      double probability) {
    return mixed(tf, tf.math.add(scores(tf, query, key), bias), value, dropout, probability);
  }

  /**
   * dropout(softmax(scores)) V, the softmax in float32.
   *
   * @param scores {@code [rows, heads, queries, keys]}
   * @param value {@code [rows, heads, keys, head size]}
   * @param probability that dropout takes a probability of attention
   * @return {@code [rows, heads, queries, head size]}
   */
  static <T extends TFloating> Operand<T> mixed(
      Ops tf, Operand<TFloat32> scores, Operand<T> value, Dropout dropout, double probability) {
    Operand<TFloat32> seen = dropout.dropKeys(tf, scores);
    Operand<T> probabilities = tf.dtypes.cast(tf.nn.softmax(seen), value.type());
    return BatchProduct.of(
        tf, dropout.applyToAttention(tf, probabilities, probability), value, false, false);
  }

  /**
   * The heads' outputs side by side.
   *
   * @param mixed {@code [rows, heads, length, head size]}
   * @return {@code [tokens, hidden]}
   */
  static <T extends TFloating> Operand<T> joinedHeads(Ops tf, Operand<T> mixed, int hidden) {
    return tf.reshape(
        tf.linalg.transpose(mixed, tf.constant(new int[] {0, 2, 1, 3})),
        tf.constant(new int[] {-1, hidden}));
  }

  /**
   * Q Kᵀ in float32.
   *
   * @param query {@code [rows, heads, queries, head size]}, scaled by 1/√d
   * @param key {@code [rows, heads, keys, head size]}
   * @return {@code [rows, heads, queries, keys]}
   */
  static <T extends TFloating> Operand<TFloat32> scores(Ops tf, Operand<T> query, Operand<T> key) {
    return tf.dtypes.cast(BatchProduct.of(tf, query, key, false, true), TFloat32.class);
  }

  /**
   * A shape vector {@code [rows, length, rest…]}: constants where the shape of {@code ids} is known
   * (XLA needs that), computed where it is not (serving takes any batch).
   */
  static Operand<TInt32> dimensions(Ops tf, Operand<TInt32> ids, int... rest) {
    Shape shape = ids.shape();
    if (!shape.hasUnknownDimension()) {
      int[] dimensions = new int[2 + rest.length];
      dimensions[0] = Math.toIntExact(shape.get(0));
      dimensions[1] = Math.toIntExact(shape.get(1));
      System.arraycopy(rest, 0, dimensions, 2, rest.length);
      return tf.constant(dimensions);
    }
    Operand<TInt32> known = tf.shape(ids);
    return rest.length == 0 ? known : tf.concat(List.of(known, tf.constant(rest)), tf.constant(0));
  }

  /** A number of the type of {@code like}. */
  static <T extends TFloating> Operand<T> constant(Ops tf, Operand<T> like, double value) {
    return tf.dtypes.cast(tf.constant((float) value), like.type());
  }
}
