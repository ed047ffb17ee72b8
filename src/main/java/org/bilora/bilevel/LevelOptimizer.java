package org.bilora.bilevel;

import org.bilora.autodiff.ParameterGroup;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** How one level is updated: clipping by the group's norm, then AdamW. */
public record LevelOptimizer(AdamW adam, GlobalNormClipping clipping) {

  /**
   * What one update yields.
   *
   * @param state the level afterwards
   * @param clipped the gradient after clipping, {@code [group size]}
   * @param gradientNorm of the gradient before clipping, scalar
   */
  public record Update(
      LevelState state, Operand<TFloat32> clipped, Operand<TFloat32> gradientNorm) {}

  /**
   * One update.
   *
   * @param gradient {@code [group size]}
   * @param learningRate scalar
   */
  public Update update(
      Ops tf,
      ParameterGroup group,
      LevelState state,
      Operand<TFloat32> gradient,
      Operand<TFloat32> learningRate) {
    Operand<TFloat32> norm = GlobalNormClipping.norm(tf, gradient);
    Operand<TFloat32> clipped = clipping.apply(tf, gradient, norm);
    Operand<TFloat32> count = tf.math.add(state.count(), tf.constant(1f));
    AdamW.State next =
        adam.update(tf, state.adam(), clipped, group.decayMask(tf), learningRate, count);
    return new Update(new LevelState(next, count), clipped, norm);
  }
}
