package org.bilora.graph;

import java.util.Iterator;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TType;

/**
 * Sums whose last digits are the same in every run.
 *
 * <p>TensorFlow's {@code AddN} starts on a processor with whichever operand it can overwrite, the
 * first that nothing else is going to read. Where other operations read them too, which one that is
 * depends on how far these are, so that three operands or more are added now in one order, now in
 * another. Two have one order only.
 */
public final class OrderedSum {
  private OrderedSum() {}

  /**
   * ((x₁ + x₂) + x₃) + …; a single operand is returned as it is.
   *
   * @param operands one or more, of one shape
   */
  public static <T extends TType> Operand<T> of(Ops tf, List<? extends Operand<T>> operands) {
    Iterator<? extends Operand<T>> rest = operands.iterator();
    Operand<T> sum = rest.next();
    while (rest.hasNext()) {
      sum = tf.math.add(sum, rest.next());
    }
    return sum;
  }
}
