package org.bilora.bilevel;

import java.util.Locale;
import org.bilora.autodiff.GradientTape;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * An estimator of the one-step unrolled hypergradient (BiLoRA, equation 7; Liu et al. 2019,
 * equations 6 to 8):
 *
 * <pre>
 * V' = V − ξ ∇_V L₁(V, E)
 * dL₂/dE = ∂L₂(V', E)/∂E − ξ (∂²L₁/∂E∂V)(V, E) · ∂L₂(V', E)/∂V'
 * </pre>
 */
public sealed interface Hypergradient permits Exact, Darts, Betty, FirstOrder {

  /**
   * The hypergradient and the upper loss it was taken of.
   *
   * @param gradient dL₂/dE, {@code [upper size]}
   * @param upperLoss L₂ where this estimator evaluates it
   */
  record Estimate(Operand<TFloat32> gradient, Loss upperLoss) {}

  /**
   * Where an estimate is asked for.
   *
   * @param tf builds the graph
   * @param problem the two objectives
   * @param lowerBatch index of the lower mini-batch that is unrolled
   * @param upperBatch index of the upper mini-batch
   * @param lower V, {@code [lower size]}
   * @param upper E, {@code [upper size]}
   * @param lowerPass L₁ and its gradient at (V, E), already in the graph
   * @param updatedLower V after the optimizer's own lower step, {@code [lower size]}
   * @param xi ξ, scalar
   */
  record Point(
      Ops tf,
      BilevelProblem problem,
      int lowerBatch,
      int upperBatch,
      Operand<TFloat32> lower,
      Operand<TFloat32> upper,
      LowerPass lowerPass,
      Operand<TFloat32> updatedLower,
      Operand<TFloat32> xi) {

    /** V' = V − ξ ∇_V L₁(V, E). */
    Operand<TFloat32> unrolledLower() {
      return tf.math.sub(lower, tf.math.mul(xi, lowerPass.gradient));
    }

    UpperPass upperPassAt(Operand<TFloat32> lowerValues) {
      return new UpperPass(tf, problem, upperBatch, lowerValues, upper);
    }

    /** ∂L₁/∂E at other lower values, on the unrolled mini-batch. */
    Operand<TFloat32> lowerLossByUpper(Operand<TFloat32> lowerValues) {
      GradientTape tape = new GradientTape(tf, problem.upperGroup(), upper);
      Loss loss =
          problem.lowerLoss(
              tf, lowerBatch, problem.lowerGroup().split(tf, lowerValues), tape.watched());
      return tape.gradient(loss.objective());
    }
  }

  /** Adds the estimate to the graph. */
  Estimate estimate(Point point);

  /**
   * The name on the command line: {@code exact}, {@code darts}, {@code betty}, {@code first-order}.
   */
  String id();

  /** Sequential backbone passes of one iteration with one step per level, in units of F. */
  int backbonePasses();

  /**
   * The estimator of that name with its usual settings.
   *
   * @throws IllegalArgumentException naming the known ones
   */
  static Hypergradient parse(String id) {
    return switch (id.toLowerCase(Locale.ROOT)) {
      case "exact" -> new Exact();
      case "darts" -> new Darts(0.01);
      case "betty" -> new Betty(0.01);
      case "first-order" -> new FirstOrder();
      default ->
          throw new IllegalArgumentException(
              "hypergradient is '%s'; known are exact, darts, betty, first-order".formatted(id));
    };
  }
}
