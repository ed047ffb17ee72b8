package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Inverted dropout (Srivastava et al. 2014) from stateless randomness: the mask is a function of a
 * seed and of the place in the network. Two forward passes with equal seeds drop the same units, as
 * a bi-level step needs when it evaluates L₁ at V and at V ± εv.
 *
 * <p>A mask is a hash of its row's and its column's random word. TensorFlow's own stateless
 * generators would do, but XLA compiles one copy of their many rounds into every kernel that reads
 * a mask; the hash is a few integer operations, is fused into those kernels and costs no memory.
 *
 * <p>One object serves one forward pass; places are numbered in the order of the calls.
 */
public final class Dropout {
  private static final double WORDS = 0x1p32;
  // Multipliers with good avalanche for 32-bit words, found by search (C. Wellons, 2018).
  private static final int FIRST_MULTIPLIER = 0x7feb352d;
  private static final int SECOND_MULTIPLIER = 0x846ca68b;
  // Keeps the counters of rows, columns and places apart: the golden ratio in 32 bits, and π's.
  private static final int PLACE_STRIDE = 0x9e3779b9;
  private static final int COLUMN_KEY = 0x243f6a88;

  private final Operand<TInt32> seed;
  private int place;

  private Dropout(Operand<TInt32> seed) {
    this.seed = seed;
  }

  /** Leaves everything as it is: evaluation and serving. */
  public static Dropout off() {
    return new Dropout(null);
  }

  /**
   * Dropout for one forward pass.
   *
   * @param seed {@code [2]}; the same for every evaluation of one mini-batch
   */
  public static Dropout seeded(Operand<TInt32> seed) {
    return new Dropout(seed);
  }

  /**
   * Sets each value to 0 with the given probability and scales the others by 1 / (1 − p).
   *
   * @param x of fully known shape, at least a matrix
   * @param probability p in [0, 1)
   */
  public <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x, double probability) {
    if (seed == null || probability == 0) {
      return x;
    }
    Operand<T> scale = tf.dtypes.cast(tf.constant((float) (1 / (1 - probability))), x.type());
    Operand<T> kept = tf.dtypes.cast(mask(tf, x.shape(), probability), x.type());
    return tf.math.mul(x, tf.math.mul(kept, scale));
  }

  /** True where a value is kept. */
  private Operand<TBool> mask(Ops tf, Shape shape, double probability) {
    Operand<TInt32> key = placeKey(tf);
    int axes = shape.numDimensions();
    int columns = Math.toIntExact(shape.get(axes - 1));
    int rows = Math.toIntExact(shape.size() / columns);
    Operand<TInt32> rowWords = mix(tf, tf.math.add(counters(tf, rows), key));
    Operand<TInt32> columnWords =
        mix(tf, tf.math.add(counters(tf, columns), xor(tf, key, tf.constant(COLUMN_KEY))));
    int[] rowShape = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      rowShape[axis] = axis == axes - 1 ? 1 : Math.toIntExact(shape.get(axis));
    }
    Operand<TInt32> words = xor(tf, tf.reshape(rowWords, tf.constant(rowShape)), columnWords);
    words = tf.math.mul(words, tf.constant(FIRST_MULTIPLIER));
    words = tf.math.mul(shiftedXor(tf, words, 15), tf.constant(SECOND_MULTIPLIER));
    // A word is uniform over all of int32; the lowest share p of that range is dropped.
    int threshold = (int) (Integer.MIN_VALUE + Math.round(probability * WORDS));
    return tf.math.greaterEqual(words, tf.constant(threshold));
  }

  /** A random word for this place, scalar. */
  private Operand<TInt32> placeKey(Ops tf) {
    Operand<TInt32> halves = mix(tf, tf.math.add(seed, tf.constant(++place * PLACE_STRIDE)));
    Operand<TInt32> first = half(tf, halves, 0);
    return mix(tf, tf.math.add(tf.math.mul(first, tf.constant(31)), half(tf, halves, 1)));
  }

  private static Operand<TInt32> half(Ops tf, Operand<TInt32> words, int index) {
    Operand<TInt32> one =
        tf.slice(words, tf.constant(new int[] {index}), tf.constant(new int[] {1}));
    return tf.reshape(one, tf.constant(new int[0]));
  }

  /** 0, s, 2s, … for an odd s. */
  private static Operand<TInt32> counters(Ops tf, int count) {
    return tf.math.mul(
        tf.range(tf.constant(0), tf.constant(count), tf.constant(1)), tf.constant(PLACE_STRIDE));
  }

  /** A bijection of 32-bit words in which every input bit moves about half of the output's. */
  private static Operand<TInt32> mix(Ops tf, Operand<TInt32> words) {
    Operand<TInt32> x = shiftedXor(tf, words, 16);
    x = tf.math.mul(x, tf.constant(FIRST_MULTIPLIER));
    x = tf.math.mul(shiftedXor(tf, x, 15), tf.constant(SECOND_MULTIPLIER));
    return shiftedXor(tf, x, 16);
  }

  /** x ^ (x >>> bits); the operation itself shifts signed words arithmetically. */
  private static Operand<TInt32> shiftedXor(Ops tf, Operand<TInt32> x, int bits) {
    Operand<TInt32> shifted = tf.bitwise.rightShift(x, tf.constant(bits));
    return xor(tf, x, tf.bitwise.bitwiseAnd(shifted, tf.constant(-1 >>> bits)));
  }

  private static Operand<TInt32> xor(Ops tf, Operand<TInt32> a, Operand<TInt32> b) {
    return tf.bitwise.bitwiseXor(a, b);
  }
}
