package org.bilora.adapter;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/** A low-rank change ΔW of a dense layer, applied to activations without forming ΔW. */
public interface Increment {

  /**
   * x ΔWᵀ.
   *
   * @param x activations, {@code [tokens, in]}
   * @return {@code [tokens, out]}, of x's type
   */
  <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x);
}
