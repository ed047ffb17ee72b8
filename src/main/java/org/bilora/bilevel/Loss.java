package org.bilora.bilevel;

import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * The loss of one level on one mini-batch.
 *
 * @param objective what is minimised, regularisers included: L₁ or L₂, scalar
 * @param task the task's part of it, C, which is what gets reported, scalar
 */
public record Loss(Operand<TFloat32> objective, Operand<TFloat32> task) {}
