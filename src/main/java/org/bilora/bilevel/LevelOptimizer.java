package org.bilora.bilevel;

import org.bilora.autodiff.ParameterGroup;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * How one level is updated: clipping, then AdamW. A penalty is clipped by its own norm and the rest
 * of the gradient by its own, c(g − p) + c(p), so that neither takes the other's share.
 */
public record LevelOptimizer(AdamW adam, GlobalNormClipping clipping) {

  /**
   * What one update yields.
   *
   * @param state the level afterwards
   * @param clipped the gradient after clipping, {@code [group size]}
   * @param gradientNorm of the gradient before clipping, a penalty clipped apart left out, scalar
   */
  public record Update(
      LevelState state, Operand<TFloat32> clipped, Operand<TFloat32> gradientNorm) {}

  /**
   * One update.
   *
   * @param learningRate scalar; parameters with a rate of their own take its multiple
   */
  public Update update(
      Ops tf,
      ParameterGroup group,
      LevelState state,
      LevelGradient gradient,
      Operand<TFloat32> learningRate) {
    Operand<TFloat32> task = gradient.task(tf);
    Operand<TFloat32> norm = GlobalNormClipping.norm(tf, task);
    Operand<TFloat32> clippedTask = clipping.apply(tf, task, norm);
    Operand<TFloat32> clipped =
        gradient
            .penalty()
            .<Operand<TFloat32>>map(part -> tf.math.add(clippedTask, clipped(tf, part)))
            .orElse(clippedTask);
    Operand<TFloat32> count = tf.math.add(state.count(), tf.constant(1f));
    Operand<TFloat32> rates =
        group
            .rates(tf)
            .<Operand<TFloat32>>map(factors -> tf.math.mul(learningRate, factors))
            .orElse(learningRate);
    AdamW.State next = adam.update(tf, state.adam(), clipped, group.decayMask(tf), rates, count);
    return new Update(new LevelState(next, count), clipped, norm);
  }

  private Operand<TFloat32> clipped(Ops tf, Operand<TFloat32> gradient) {
    return clipping.apply(tf, gradient, GlobalNormClipping.norm(tf, gradient));
  }
}
