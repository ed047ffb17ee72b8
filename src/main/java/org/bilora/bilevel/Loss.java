package org.bilora.bilevel;

import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The loss of one level on one mini-batch.
 *
 * @param objective what is minimised, regularisers included: L₁ or L₂, scalar
 * @param task the task's part of it, C, which is what gets reported, scalar
 * @param penalty the part of the objective whose gradient is clipped by a norm of its own, so that
 *     it cannot crowd out the rest, scalar; of the level's own parameters alone, since a
 *     hypergradient knows one clipping factor; empty where all of it is clipped as one
 */
public record Loss(
    Operand<TFloat32> objective, Operand<TFloat32> task, Optional<Operand<TFloat32>> penalty) {

  /** A loss that is clipped as one. */
  public Loss(Operand<TFloat32> objective, Operand<TFloat32> task) {
    this(objective, task, Optional.empty());
  }

  /** A task's loss and a penalty beside it, each clipped by its own norm. */
  public static Loss withPenalty(Ops tf, Operand<TFloat32> task, Operand<TFloat32> penalty) {
    return new Loss(tf.math.add(task, penalty), task, Optional.of(penalty));
  }
}
