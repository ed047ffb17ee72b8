package org.bilora.model;

import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/**
 * The values a forward pass computes with, by canonical name ({@link PretrainedEncoder}). Frozen
 * weights come from variables, trained ones from a parameter group; the forward pass cannot tell.
 */
@FunctionalInterface
public interface Weights<T extends TFloating> {

  /**
   * The value of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  Operand<T> get(String name);
}
