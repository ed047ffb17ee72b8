package org.bilora.bilevel;

import java.util.Optional;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * What a level's optimizer is given.
 *
 * @param whole the gradient of the whole objective, {@code [group size]}
 * @param penalty the part of it that is clipped by a norm of its own, {@code [group size]}; empty
 *     where the whole is clipped as one
 */
public record LevelGradient(Operand<TFloat32> whole, Optional<Operand<TFloat32>> penalty) {

  /** A gradient that is clipped as one. */
  public static LevelGradient of(Operand<TFloat32> whole) {
    return new LevelGradient(whole, Optional.empty());
  }

  /**
   * The gradient of a loss.
   *
   * @param whole of its objective, formed already
   * @param tape watches what the loss was computed from
   */
  static LevelGradient of(Operand<TFloat32> whole, Loss loss, GradientTape tape) {
    return new LevelGradient(whole, loss.penalty().map(tape::gradient));
  }

  /** The whole without the penalty's part. */
  Operand<TFloat32> task(Ops tf) {
    return penalty.<Operand<TFloat32>>map(part -> tf.math.sub(whole, part)).orElse(whole);
  }
}
