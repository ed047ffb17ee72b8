package org.bilora.model;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bilora.graph.ValueAt;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Inverted dropout (Srivastava et al. 2014) from stateless randomness: the mask is a function of a
 * seed and of the place in the network. Two forward passes with equal seeds drop the same units, as
 * a bi-level step needs when it evaluates L₁ at V and at V ± εv.
 *
 * <p>Whether a value is kept depends on the upper bits of the product, modulo 2³², of a word of its
 * row and place and an odd word of its column. TensorFlow's own stateless generators would do, but
 * they take many passes over a mask, and XLA compiles one copy of them into every kernel that reads
 * it; this is one multiplication.
 *
 * <p>One object serves one forward pass; places are numbered in the order of the calls.
 */
public final class Dropout {
  private static final double WORDS = 0x1p32;
  // Multipliers with good avalanche for 32-bit words, found by search (C. Wellons, 2018).
  private static final int FIRST_MULTIPLIER = 0x7feb352d;
  private static final int SECOND_MULTIPLIER = 0x846ca68b;
  // Keeps the words of rows, columns and places apart: the golden ratio in 32 bits, and π's digits.
  private static final int STRIDE = 0x9e3779b9;
  private static final int ROW_KEY = 0x85a308d3;
  private static final int COLUMN_KEY = 0x243f6a88;
  private static final int PLACES = 64;

  /**
   * Added to the scores of a dropped key. It is far below every other score of the query, so that
   * the softmax is 0 in float32, and far above what masks add: where all keys that a query may see
   * are dropped, the softmax is that of their scores alone.
   */
  private static final float DROPPED = -1e3f;

  private final Operand<TInt32> seed;
  private final Rows rows;
  private final HiddenKey hiddenKey;
  private int place;
  private Operand<TInt32> placeKeys;

  /**
   * Which rows of a mini-batch a forward pass sees.
   *
   * @param first counted from 0
   * @param count how many
   */
  public record Rows(int first, int count) {
    /** From the first one on, whatever their number. */
    private static final Rows FROM_THE_FIRST = new Rows(0, 1);
  }

  private Dropout(Operand<TInt32> seed, Rows rows, HiddenKey hiddenKey) {
    this.seed = seed;
    this.rows = rows;
    this.hiddenKey = hiddenKey;
  }

  /** Leaves everything as it is: evaluation and serving. */
  public static Dropout off() {
    return new Dropout(null, Rows.FROM_THE_FIRST, HiddenKey.OFF);
  }

  /**
   * Dropout for one forward pass.
   *
   * @param seed {@code [2]}; the same for every evaluation of one mini-batch. Or of several
   *     trainings in lanes, {@code [lanes, 2]}: the rows are then the lanes', as many of each, one
   *     lane after the other, and have the masks that each lane would have alone
   */
  public static Dropout seeded(Operand<TInt32> seed) {
    return new Dropout(seed, Rows.FROM_THE_FIRST, HiddenKey.OFF);
  }

  /**
   * The same for a forward pass over some rows of a mini-batch, whose values are kept or dropped as
   * in a pass over the whole.
   */
  public static Dropout seeded(Operand<TInt32> seed, Rows rows) {
    return new Dropout(seed, rows, HiddenKey.OFF);
  }

  /**
   * The masks of a part of the rows of a batch: each row has the mask that it has in the whole.
   *
   * @param number of the part, from 0; all parts have as many rows
   */
  public Dropout ofPart(int number) {
    // As if each part were one row of the batch: all take up as much of a mask.
    return new Dropout(seed, new Rows(number, 1), hiddenKey);
  }

  /** The same with HiddenKey's dropout in its two places. */
  public Dropout with(HiddenKey other) {
    return new Dropout(seed, rows, other);
  }

  /**
   * Sets each value to 0 with the given probability and scales the others by 1 / (1 − p).
   *
   * @param x of fully known shape, at least a matrix; its first axis goes through the mini-batch
   * @param probability p in [0, 1)
   */
  public <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x, double probability) {
    return apply(tf, x, probability, firstRow(x.shape()));
  }

  /** The same for values that all of the mini-batch's rows share. */
  public <T extends TFloating> Operand<T> applyToShared(Ops tf, Operand<T> x, double probability) {
    if (seed != null && probability > 0 && lanes() > 1) {
      throw new IllegalArgumentException(
          "lanes is %d, but this kind of model has dropout of values that all texts of a batch share; train one at a time"
              .formatted(lanes()));
    }
    return apply(tf, x, probability, 0);
  }

  /**
   * Scores of which DropKey, where it is on, has dropped keys.
   *
   * @param scores with what masks add, {@code [rows, heads, queries, keys]}
   */
  Operand<TFloat32> dropKeys(Ops tf, Operand<TFloat32> scores) {
    if (!dropsKeys()) {
      return scores;
    }
    Shape shape = scores.shape();
    Shape columns = Shape.of(shape.get(0), shape.get(1), 1, shape.get(3));
    Operand<TBool> kept = mask(tf, columns, hiddenKey.dropKey(), firstRow(columns));
    Operand<TFloat32> dropped = tf.math.sub(tf.constant(1f), tf.dtypes.cast(kept, TFloat32.class));
    return tf.math.add(scores, tf.math.mul(dropped, tf.constant(DROPPED)));
  }

  /** The model's own dropout of attention's probabilities; none where DropKey has dropped keys. */
  <T extends TFloating> Operand<T> applyToAttention(
      Ops tf, Operand<T> probabilities, double probability) {
    return dropsKeys() ? probabilities : apply(tf, probabilities, probability);
  }

  /**
   * HiddenCut of what a feed-forward layer puts out; where it is off, the model's own dropout
   * there.
   *
   * @param x {@code [tokens, hidden]}
   */
  <T extends TFloating> Operand<T> applyBehindFeedForward(
      Ops tf, Operand<T> x, double probability) {
    return apply(tf, x, hiddenKey.hiddenCut() > 0 ? hiddenKey.hiddenCut() : probability);
  }

  private boolean dropsKeys() {
    return seed != null && hiddenKey.dropKey() > 0;
  }

  /** How many of the mask's rows belong to earlier rows of the mini-batch. */
  private int firstRow(Shape shape) {
    long own = shape.size() / shape.get(shape.numDimensions() - 1);
    if (own % rows.count() != 0) {
      throw new IllegalArgumentException(
          "dropout of %s, which is not made of %d rows of a mini-batch"
              .formatted(shape, rows.count()));
    }
    return Math.toIntExact(rows.first() * (own / rows.count()));
  }

  private <T extends TFloating> Operand<T> apply(
      Ops tf, Operand<T> x, double probability, int firstRow) {
    if (seed == null || probability == 0) {
      return x;
    }
    Operand<T> scale = tf.dtypes.cast(tf.constant((float) (1 / (1 - probability))), x.type());
    Operand<T> kept = tf.dtypes.cast(mask(tf, x.shape(), probability, firstRow), x.type());
    return tf.math.mul(x, tf.math.mul(kept, scale));
  }

  /** Of the seeds; 1 for a training by itself. */
  private int lanes() {
    return seed.shape().numDimensions() == 1 ? 1 : Math.toIntExact(seed.shape().get(0));
  }

  /** True where a value is kept. */
  private Operand<TBool> mask(Ops tf, Shape shape, double probability, int firstRow) {
    int axes = shape.numDimensions();
    int columns = Math.toIntExact(shape.get(axes - 1));
    int rows = Math.toIntExact(shape.size() / columns);
    int[] dimensions = Arrays.stream(shape.asArray()).mapToInt(Math::toIntExact).toArray();
    if (rows % lanes() != 0) {
      throw new IllegalArgumentException(
          "dropout of %s, which is not made of the rows of %d lanes".formatted(shape, lanes()));
    }
    Operand<TInt32> ofLane = rowWords(tf, rows / lanes(), firstRow);
    Operand<TInt32> rowWords = mix(tf, tf.math.add(ofLane, nextPlaceKey(tf)));
    Operand<TInt32> column = tf.reshape(rowWords, tf.constant(new int[] {rows, 1}));
    Operand<TInt32> words = tf.math.mul(column, oddWords(tf, columns, COLUMN_KEY));
    // A word is uniform over all of int32; the lowest share p of that range is dropped.
    int threshold = (int) (Integer.MIN_VALUE + Math.round(probability * WORDS));
    Operand<TBool> kept = tf.math.greaterEqual(words, tf.constant(threshold));
    return tf.reshape(kept, tf.constant(dimensions));
  }

  /** A random word for the next place, {@code [1]}, or {@code [lanes, 1]}. */
  private Operand<TInt32> nextPlaceKey(Ops tf) {
    if (place % PLACES == 0) {
      Operand<TInt32> base =
          mix(tf, tf.math.add(mix(tf, ValueAt.of(tf, seed, 0)), ValueAt.of(tf, seed, 1)));
      int[] counters = new int[PLACES];
      for (int i = 0; i < PLACES; i++) {
        counters[i] = (place + i) * STRIDE;
      }
      placeKeys = mix(tf, tf.math.add(base, tf.constant(counters)));
    }
    return ValueAt.of(tf, placeKeys, place++ % PLACES);
  }

  /** Fixed random words of rows, {@code [rows]}. */
  private static Operand<TInt32> rowWords(Ops tf, int rows, int firstRow) {
    return tf.constant(fixedWords(rows, ROW_KEY + firstRow * STRIDE).toArray());
  }

  /** Fixed random odd words, {@code [count]}: a product with one of them is a bijection. */
  private static Operand<TInt32> oddWords(Ops tf, int count, int key) {
    return tf.constant(fixedWords(count, key).map(word -> word | 1).toArray());
  }

  private static IntStream fixedWords(int count, int key) {
    return IntStream.range(0, count).map(i -> mix(key + i * STRIDE));
  }

  /** A bijection of 32-bit words in which every input bit moves about half of the output's. */
  private static int mix(int word) {
    int x = (word ^ (word >>> 16)) * FIRST_MULTIPLIER;
    x = (x ^ (x >>> 15)) * SECOND_MULTIPLIER;
    return x ^ (x >>> 16);
  }

  /** The same bijection in the graph. */
  private static Operand<TInt32> mix(Ops tf, Operand<TInt32> words) {
    Operand<TInt32> x = tf.math.mul(shiftedXor(tf, words, 16), tf.constant(FIRST_MULTIPLIER));
    x = tf.math.mul(shiftedXor(tf, x, 15), tf.constant(SECOND_MULTIPLIER));
    return shiftedXor(tf, x, 16);
  }

  /** x ^ (x >>> bits); the operation itself shifts signed words arithmetically. */
  private static Operand<TInt32> shiftedXor(Ops tf, Operand<TInt32> x, int bits) {
    Operand<TInt32> shifted = tf.bitwise.rightShift(x, tf.constant(bits));
    return tf.bitwise.bitwiseXor(x, tf.bitwise.bitwiseAnd(shifted, tf.constant(-1 >>> bits)));
  }
}
