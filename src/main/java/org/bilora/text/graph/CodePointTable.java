package org.bilora.text.graph;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.IntNdArray;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;

/**
 * A number for each code point, as two constants: blocks of 256 code points, each different one
 * once, and which block each 256 code points have.
 */
final class CodePointTable {
  private static final int BLOCK_BITS = 8;
  private static final int BLOCK = 1 << BLOCK_BITS;

  private final int[] blockOf = new int[(Character.MAX_CODE_POINT + 1) / BLOCK];
  private final int[][] blocks;

  /** The values of a function. */
  CodePointTable(IntUnaryOperator value) {
    Map<IntBuffer, Integer> known = new HashMap<>();
    List<int[]> different = new ArrayList<>();
    for (int block = 0; block < blockOf.length; block++) {
      int[] values = new int[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        values[i] = value.applyAsInt(block * BLOCK + i);
      }
      Integer at = known.putIfAbsent(IntBuffer.wrap(values), different.size());
      blockOf[block] = at == null ? different.size() : at;
      if (at == null) {
        different.add(values);
      }
    }
    blocks = different.toArray(int[][]::new);
  }

  /**
   * The values of code points.
   *
   * @param codes {@code [n]}
   * @return {@code [n]}
   */
  Operand<TInt32> of(Ops tf, Operand<TInt32> codes) {
    IntNdArray values = StdArrays.ndCopyOf(blocks);
    Operand<TInt32> block =
        tf.gather(
            tf.constant(blockOf),
            tf.bitwise.rightShift(codes, tf.constant(BLOCK_BITS)),
            tf.constant(0));
    Operand<TInt32> within = tf.bitwise.bitwiseAnd(codes, tf.constant(BLOCK - 1));
    Operand<TInt32> flat = tf.reshape(tf.constant(values), tf.array(-1));
    return tf.gather(
        flat, tf.math.add(tf.math.mul(block, tf.constant(BLOCK)), within), tf.constant(0));
  }
}
