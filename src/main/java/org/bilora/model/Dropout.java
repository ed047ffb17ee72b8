package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.random.StatelessRandomUniformFullInt;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Inverted dropout (Srivastava et al. 2014) from stateless randomness: the mask is a function of a
 * seed and of the place in the network. Two forward passes with equal seeds drop the same units, as
 * a bi-level step needs when it evaluates L₁ at V, and at V ± εv.
 *
 * <p>One object serves one forward pass; places are numbered in the order of the calls.
 */
public final class Dropout {
  /** Masks are cut from 16-bit words, so a probability is met to within 1 / 65536. */
  private static final int WORD = 1 << 16;

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
   * @param x of fully known shape
   * @param probability p in [0, 1)
   */
  public <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x, double probability) {
    int threshold = (int) Math.round(probability * WORD);
    if (seed == null || threshold == 0) {
      return x;
    }
    Operand<T> scale = tf.dtypes.cast(tf.constant((float) WORD / (WORD - threshold)), x.type());
    Operand<T> kept = tf.dtypes.cast(mask(tf, x.shape(), threshold), x.type());
    return tf.math.mul(x, tf.math.mul(kept, scale));
  }

  private Operand<TBool> mask(Ops tf, Shape shape, int threshold) {
    long size = shape.size();
    Operand<TInt32> key = tf.math.add(seed, tf.constant(new int[] {place++, 0}));
    Operand<TInt32> words =
        StatelessRandomUniformFullInt.create(
            tf.scope(),
            tf.constant(new int[] {Math.toIntExact((size + 1) / 2)}),
            key,
            TInt32.class);
    Operand<TInt32> lowBits = tf.constant(WORD - 1);
    Operand<TInt32> halves =
        tf.concat(
            java.util.List.of(
                tf.bitwise.bitwiseAnd(words, lowBits),
                tf.bitwise.bitwiseAnd(tf.bitwise.rightShift(words, tf.constant(16)), lowBits)),
            tf.constant(0));
    if (size % 2 != 0) {
      halves =
          tf.slice(
              halves, tf.constant(new int[] {0}), tf.constant(new int[] {Math.toIntExact(size)}));
    }
    return tf.math.greaterEqual(tf.reshape(halves, tf.constant(shape)), tf.constant(threshold));
  }
}
