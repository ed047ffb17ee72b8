package org.bilora.graph;

import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/** Operands one after the other along an axis. */
public final class EndToEnd {
  private EndToEnd() {}

  /** Joins them along their first axis. */
  public static <T extends TType> Operand<T> of(Ops tf, List<Operand<T>> operands) {
    return of(tf, operands, 0);
  }

  /**
   * Joins them; a single one is returned as it is, for TensorFlow's own operation takes two or
   * more.
   *
   * @param operands one or more, of the same shape but for that axis
   */
  public static <T extends TType> Operand<T> of(Ops tf, List<Operand<T>> operands, int axis) {
    return operands.size() == 1 ? operands.get(0) : tf.concat(operands, tf.constant(axis));
  }
}
