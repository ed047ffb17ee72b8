package org.bilora.autodiff;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.tensorflow.Operand;

/** Tells which operations stand in the way of a gradient, before a step is run. */
public final class Differentiability {
  private Differentiability() {}

  /**
   * Operations between {@code sources} and {@code targets} that cannot be differentiated, neither
   * by a rule of this project nor by a gradient registered with TensorFlow. Asked of a loss it
   * names what lacks a first-order gradient; asked of a gradient, what lacks a second-order one.
   *
   * @return one line per operation type, sorted: the type and, in parentheses, one operation of it
   */
  public static List<String> operationsWithoutGradient(
      List<? extends Operand<?>> targets, List<? extends Operand<?>> sources) {
    return ImmutableList.copyOf(ReverseMode.operationsWithoutRule(targets, sources));
  }
}
