package org.bilora.bilevel;

import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One iteration of bi-level training as a function of the state: T₁ lower steps on as many lower
 * mini-batches, T₂ upper steps on as many upper ones (BiLoRA, algorithm 1).
 *
 * <p>The last lower step and the first upper step start from the same (V, E) and share L₁'s forward
 * and backward pass: V moves by ∇_V L₁(V, E), E by the hypergradient at (V, E). Every further upper
 * step unrolls the last lower mini-batch anew at the (V, E) reached by then, without moving V.
 *
 * @param hypergradient the estimator
 * @param lowerSteps T₁, 1 or more
 * @param upperSteps T₂, 1 or more
 * @param lowerOptimizer moves V
 * @param upperOptimizer moves E
 */
public record BilevelIteration(
    Hypergradient hypergradient,
    int lowerSteps,
    int upperSteps,
    LevelOptimizer lowerOptimizer,
    LevelOptimizer upperOptimizer) {

  /** Checks the ranges. */
  public BilevelIteration {
    requirePositive("lowerSteps", lowerSteps);
    requirePositive("upperSteps", upperSteps);
  }

  /**
   * Scalars that change from iteration to iteration.
   *
   * @param lowerLearningRate of V's optimizer
   * @param upperLearningRate of E's optimizer
   * @param xi ξ of the unrolled step
   */
  public record Rates(
      Operand<TFloat32> lowerLearningRate,
      Operand<TFloat32> upperLearningRate,
      Operand<TFloat32> xi) {}

  /**
   * The state after the iteration and what to report, all scalars.
   *
   * @param lowerLoss mean task loss over the lower mini-batches
   * @param upperLoss mean task loss over the upper mini-batches
   * @param lowerGradientNorm of the last lower step, before clipping
   * @param upperGradientNorm of the last hypergradient, before clipping
   */
  public record Outcome(
      LevelState lower,
      LevelState upper,
      Operand<TFloat32> lowerLoss,
      Operand<TFloat32> upperLoss,
      Operand<TFloat32> lowerGradientNorm,
      Operand<TFloat32> upperGradientNorm) {}

  /** Adds the iteration to the graph. */
  public Outcome run(
      Ops tf, BilevelProblem problem, LevelState lower, LevelState upper, Rates rates) {
    Operand<TFloat32> lowerLoss = tf.constant(0f);
    Operand<TFloat32> upperLoss = tf.constant(0f);
    LevelState before = lower;
    LowerPass pass = null;
    LevelOptimizer.Update lowerUpdate = null;
    for (int batch = 0; batch < lowerSteps; batch++) {
      before = lower;
      pass = new LowerPass(tf, problem, batch, lower.adam().values(), upper.adam().values());
      lowerUpdate =
          lowerOptimizer.update(
              tf, problem.lowerGroup(), lower, pass.gradient, rates.lowerLearningRate());
      lower = lowerUpdate.state();
      lowerLoss = tf.math.add(lowerLoss, pass.loss.task());
    }
    int unrolled = lowerSteps - 1;
    LevelOptimizer.Update upperUpdate = null;
    for (int batch = 0; batch < upperSteps; batch++) {
      if (batch > 0) {
        before = lower;
        pass = new LowerPass(tf, problem, unrolled, lower.adam().values(), upper.adam().values());
      }
      Hypergradient.Estimate estimate =
          hypergradient.estimate(
              new Hypergradient.Point(
                  tf,
                  problem,
                  unrolled,
                  batch,
                  before.adam().values(),
                  upper.adam().values(),
                  pass,
                  lower.adam().values(),
                  rates.xi()));
      upperUpdate =
          upperOptimizer.update(
              tf, problem.upperGroup(), upper, estimate.gradient(), rates.upperLearningRate());
      upper = upperUpdate.state();
      upperLoss = tf.math.add(upperLoss, estimate.upperLoss().task());
    }
    return new Outcome(
        lower,
        upper,
        tf.math.div(lowerLoss, tf.constant((float) lowerSteps)),
        tf.math.div(upperLoss, tf.constant((float) upperSteps)),
        lowerUpdate.gradientNorm(),
        upperUpdate.gradientNorm());
  }

  private static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d; it must be 1 or more".formatted(field, value));
    }
  }
}
