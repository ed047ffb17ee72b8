package org.bilora.bilevel;

import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/**
 * What a step of any kind yields.
 *
 * @param lower what became of V; empty where it was held
 * @param upper what became of E; empty where it was held
 * @param lowerLoss mean task loss over the lower mini-batches before the step, scalar; empty where
 *     there are none
 * @param upperLoss mean task loss over the upper mini-batches, scalar; empty where there are none
 * @param slots the hypergradient's state, as {@link Hypergradient#slots} declares it
 * @param terms how much the hypergradient's second term matters; empty for a step without one
 */
public record StepOutcome(
    Optional<Moved> lower,
    Optional<Moved> upper,
    Optional<Operand<TFloat32>> lowerLoss,
    Optional<Operand<TFloat32>> upperLoss,
    List<Operand<TFloat32>> slots,
    Optional<HypergradientTerms> terms) {

  /**
   * A level after its update.
   *
   * @param state values and moments
   * @param gradient before clipping, {@code [level size]}
   * @param clipped the gradient after clipping, {@code [level size]}
   * @param gradientNorm before clipping, scalar
   */
  public record Moved(
      LevelState state,
      Operand<TFloat32> gradient,
      Operand<TFloat32> clipped,
      Operand<TFloat32> gradientNorm) {

    /** A level after an update along a gradient. */
    static Moved of(LevelOptimizer.Update update, Operand<TFloat32> gradient) {
      return new Moved(update.state(), gradient, update.clipped(), update.gradientNorm());
    }

    /** The same with other values and moments. */
    public Moved withState(LevelState other) {
      return new Moved(other, gradient, clipped, gradientNorm);
    }
  }

  /** A step that moved V alone. */
  static StepOutcome ofLower(Moved lower, Operand<TFloat32> loss) {
    return new StepOutcome(
        Optional.of(lower),
        Optional.empty(),
        Optional.of(loss),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  /** A step that moved E alone. */
  static StepOutcome ofUpper(Moved upper, Operand<TFloat32> loss) {
    return new StepOutcome(
        Optional.empty(),
        Optional.of(upper),
        Optional.empty(),
        Optional.of(loss),
        List.of(),
        Optional.empty());
  }
}
