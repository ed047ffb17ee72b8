package org.bilora.bilevel;

import org.bilora.optim.AdamW;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * One level's parameters and optimizer moments between two updates.
 *
 * @param adam vectors of the group's size
 * @param count updates made so far, scalar
 */
public record LevelState(AdamW.State adam, Operand<TFloat32> count) {}
