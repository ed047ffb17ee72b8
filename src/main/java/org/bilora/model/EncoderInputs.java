package org.bilora.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bilora.graph.EndToEnd;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;

/**
 * What an encoder reads, as operands.
 *
 * @param inputIds token ids, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 */
public record EncoderInputs(
    Operand<TInt32> inputIds, Operand<TInt32> attentionMask, Operand<TInt32> tokenTypeIds) {

  /**
   * A shape vector {@code [rows, length, rest…]}: constants where the shape of {@code inputIds} is
   * known (XLA needs that), computed where it is not (serving takes any batch).
   */
  public Operand<TInt32> dimensions(Ops tf, int... rest) {
    return Layers.dimensions(tf, inputIds, rest);
  }

  /**
   * Sizes that depend on the length: constants where it is known, computed where it is not.
   *
   * @param polynomials each the coefficients of a size in powers of the length, the constant first
   */
  Operand<TInt32> sizes(Ops tf, int[]... polynomials) {
    long known = inputIds.shape().get(1);
    if (known != Shape.UNKNOWN_SIZE) {
      return tf.constant(
          Arrays.stream(polynomials)
              .mapToInt(polynomial -> valueAt(polynomial, Math.toIntExact(known)))
              .toArray());
    }
    Operand<TInt32> length =
        tf.slice(tf.shape(inputIds), tf.constant(new int[] {1}), tf.constant(new int[] {1}));
    List<Operand<TInt32>> sizes =
        Arrays.stream(polynomials).map(polynomial -> valueAt(tf, polynomial, length)).toList();
    return EndToEnd.of(tf, sizes);
  }

  /** 0, 1, 2, … to below the length, {@code [length]}. */
  Operand<TInt32> positions(Ops tf) {
    long known = inputIds.shape().get(1);
    if (known != Shape.UNKNOWN_SIZE) {
      return tf.constant(IntStream.range(0, Math.toIntExact(known)).toArray());
    }
    Operand<TInt32> length = tf.squeeze(sizes(tf, new int[] {0, 1}));
    return tf.range(tf.constant(0), length, tf.constant(1));
  }

  /** As {@link #sizes}, with the number of rows before them. */
  Operand<TInt32> rowsAndSizes(Ops tf, int[]... polynomials) {
    long rows = inputIds.shape().get(0);
    Operand<TInt32> sizes = sizes(tf, polynomials);
    Operand<TInt32> first =
        rows == Shape.UNKNOWN_SIZE
            ? tf.slice(tf.shape(inputIds), tf.constant(new int[] {0}), tf.constant(new int[] {1}))
            : tf.constant(new int[] {Math.toIntExact(rows)});
    return tf.concat(List.of(first, sizes), tf.constant(0));
  }

  private static int valueAt(int[] polynomial, int length) {
    int value = 0;
    for (int power = polynomial.length - 1; power >= 0; power--) {
      value = Math.addExact(Math.multiplyExact(value, length), polynomial[power]);
    }
    return value;
  }

  private static Operand<TInt32> valueAt(Ops tf, int[] polynomial, Operand<TInt32> length) {
    Operand<TInt32> value = tf.constant(new int[1]);
    for (int power = polynomial.length - 1; power >= 0; power--) {
      value = tf.math.add(tf.math.mul(value, length), tf.constant(new int[] {polynomial[power]}));
    }
    return value;
  }

  /**
   * The middle of a table over distances: the entries of −length to length − 1.
   *
   * @param table entries of −n to n − 1, n being the greatest length
   * @return {@code [2 · length]}
   */
  Operand<TInt32> aroundZero(Ops tf, int[] table) {
    int half = table.length / 2;
    long known = inputIds.shape().get(1);
    if (known != Shape.UNKNOWN_SIZE) {
      int length = Math.toIntExact(known);
      return tf.constant(Arrays.copyOfRange(table, half - length, half + length));
    }
    return tf.slice(
        tf.constant(table), sizes(tf, new int[] {half, -1}), sizes(tf, new int[] {0, 2}));
  }
}
