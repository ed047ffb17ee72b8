package org.bilora.graph;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TNumber;

/**
 * Products with matrices and vectors of which there is one for a whole batch, or one for each of
 * its rows, or for each lane of rows that a training of its own has. Activations are {@code [rows ·
 * n, width]}, each row's n lines one after the other.
 */
public final class RowProduct {
  private RowProduct() {}

  /**
   * x Mᵀ.
   *
   * @param x {@code [rows · n, in]}
   * @param matrix M, {@code [out, in]}, or of each row, {@code [rows, out, in]}
   * @return {@code [rows · n, out]}
   */
  public static <T extends TNumber> Operand<T> of(Ops tf, Operand<T> x, Operand<T> matrix) {
    if (matrix.shape().numDimensions() == 2) {
      return tf.linalg.matMul(x, matrix, MatMul.transposeB(true));
    }
    Operand<T> product =
        BatchProduct.of(tf, byRow(tf, x, matrix, matrix.shape().get(2)), matrix, false, true);
    return lines(tf, product, matrix.shape().get(1));
  }

  /**
   * Every line of x times a vector, element by element.
   *
   * @param x {@code [rows · n, width]}
   * @param vector {@code [width]}, or of each row, {@code [rows, width]}
   * @return {@code [rows · n, width]}
   */
  public static <T extends TNumber> Operand<T> scaled(Ops tf, Operand<T> x, Operand<T> vector) {
    if (vector.shape().numDimensions() == 1) {
      return tf.math.mul(x, vector);
    }
    long width = vector.shape().get(1);
    Operand<T> scaled =
        tf.math.mul(byRow(tf, x, vector, width), tf.expandDims(vector, tf.constant(1)));
    return lines(tf, scaled, width);
  }

  /** {@code [rows, n, width]}. */
  private static <T extends TNumber> Operand<T> byRow(
      Ops tf, Operand<T> x, Operand<T> ofRows, long width) {
    long known = ofRows.shape().get(0);
    if (known != Shape.UNKNOWN_SIZE) {
      return tf.reshape(x, tf.array(Math.toIntExact(known), -1, Math.toIntExact(width)));
    }
    Operand<TInt32> rows = tf.slice(tf.shape(ofRows), tf.array(0), tf.array(1));
    Operand<TInt32> rest = tf.array(-1, Math.toIntExact(width));
    return tf.reshape(x, tf.concat(List.of(rows, rest), tf.constant(0)));
  }

  private static <T extends TNumber> Operand<T> lines(Ops tf, Operand<T> byRow, long width) {
    return tf.reshape(byRow, tf.array(-1, Math.toIntExact(width)));
  }
}
