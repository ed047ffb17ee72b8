package org.bilora.bilevel;

import java.util.Locale;
import org.bilora.optim.AdamW;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * How a change of ∇_V L₁ is taken to move V: by a diagonal matrix s, so that dV/dE = − s ∂²L₁/∂V∂E.
 *
 * <pre>
 * sgd      s = ξ                                           V' = V − ξ ∇_V L₁
 * adamw    s = ξ c (1 − β₁) / (1 − β₁ᵗ) / (√v̂ + ε)         V⁺, where AdamW's step really leads
 * steady   s = ξ c / (√v̂ + ε)                              V⁺
 * </pre>
 *
 * c is the clipping factor; c and √v̂ are held constant, the diagonal of SAMA (Choe et al. 2023,
 * arXiv 2310.05674). {@code adamw} is what one step sees of a gradient, {@code steady} what the
 * gradient will have moved V by once momentum has handed all of it on. ξ is V's learning rate
 * unless it is set; with another ξ the second term alone is that much longer or shorter.
 */
public enum Unroll {
  /** Plain gradient descent of length ξ. */
  SGD {
    @Override
    Operand<TFloat32> lowerAfter(Hypergradient.Point point) {
      return point.unrolledLower();
    }

    @Override
    Operand<TFloat32> reach(LowerStep step) {
      return step.rates().xi();
    }
  },

  /** AdamW's step, the part of it that follows the gradient at once. */
  ADAMW {
    @Override
    Operand<TFloat32> lowerAfter(Hypergradient.Point point) {
      return point.step().update().state().adam().values();
    }

    @Override
    Operand<TFloat32> reach(LowerStep step) {
      Operand<TFloat32> share =
          step.optimizer().adam().immediateShare(step.tf(), step.update().state().count());
      return step.tf().math.mul(share, STEADY.reach(step));
    }
  },

  /** AdamW's step, with all of the gradient that momentum will hand on. */
  STEADY {
    @Override
    Operand<TFloat32> lowerAfter(Hypergradient.Point point) {
      return ADAMW.lowerAfter(point);
    }

    @Override
    Operand<TFloat32> reach(LowerStep step) {
      Ops tf = step.tf();
      LevelOptimizer optimizer = step.optimizer();
      LevelOptimizer.Update update = step.update();
      AdamW.State adam = update.state().adam();
      Operand<TFloat32> factor = optimizer.clipping().factor(tf, update.gradientNorm());
      return tf.math.div(
          tf.math.mul(step.rates().xi(), factor),
          optimizer.adam().denominator(tf, adam.secondMoment(), update.state().count()));
    }
  };

  /** The name on the command line and in files. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where ∂L₂/∂V is taken: V after the step, {@code [lower size]}. */
  abstract Operand<TFloat32> lowerAfter(Hypergradient.Point point);

  /** s, {@code [lower size]} or a scalar. */
  abstract Operand<TFloat32> reach(LowerStep step);
}
