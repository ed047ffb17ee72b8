package org.bilora.graph;

import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * The plain BatchMatMul operation: both operands have the same batch dimensions, so neither it nor
 * its gradient needs the broadcasting of its successors.
 */
public final class BatchProduct {
  private BatchProduct() {}

  /**
   * a' b' for every matrix of a batch, where a prime transposes the last two axes if asked to.
   *
   * @param a {@code [batch…, m, k]}
   * @param b {@code [batch…, k, n]}
   * @return {@code [batch…, m, n]}
   */
  public static <T extends TType> Operand<T> of(
      Ops tf, Operand<T> a, Operand<T> b, boolean transposeA, boolean transposeB) {
    Operation operation =
        ((Graph) tf.scope().env())
            .opBuilder("BatchMatMul", tf.scope().makeOpName("BatchMatMul"), tf.scope())
            .addInput(a.asOutput())
            .addInput(b.asOutput())
            .setAttr("adj_x", transposeA)
            .setAttr("adj_y", transposeB)
            .build();
    return operation.<T>output(0);
  }
}
