package org.bilora.train;

import org.bilora.adapter.Increment;
import org.bilora.model.Dropout;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/**
 * A change that reads its activations through dropout, ΔW dropout(x), as LoRA's {@code
 * lora_dropout}; the frozen layer reads x itself.
 *
 * @param probability p in [0, 1)
 */
record InputDropout(Increment change, Dropout dropout, double probability) implements Increment {

  @Override
  public <T extends TFloating> Operand<T> apply(Ops tf, Operand<T> x) {
    return change.apply(tf, dropout.apply(tf, x, probability));
  }
}
