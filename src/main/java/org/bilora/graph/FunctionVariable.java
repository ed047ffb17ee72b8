package org.bilora.graph;

import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TType;

/**
 * A variable inside a function's body.
 *
 * @param handle by which it is assigned
 * @param value at the start of the call
 */
public record FunctionVariable<T extends TFloating>(Operand<TType> handle, Operand<T> value) {}
