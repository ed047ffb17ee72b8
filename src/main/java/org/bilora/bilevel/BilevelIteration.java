package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One iteration of bi-level training as a function of the state: T₁ lower steps on as many lower
 * mini-batches, T₂ upper steps on as many upper ones (BiLoRA, algorithm 1).
 *
 * <p>The last lower step and the first upper step start from the same (V, E) and share L₁'s forward
 * and backward pass: V moves by ∇_V L₁(V, E), or by what the estimator has it follow instead, and E
 * by the hypergradient at (V, E). Every further upper step unrolls the last lower mini-batch anew
 * at the (V, E) reached by then, without moving V.
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
   * Adds the iteration to the graph.
   *
   * @param slots the hypergradient's state, one vector of V's size for each slot that it declares
   */
  public StepOutcome run(
      Ops tf,
      BilevelProblem problem,
      LevelState lower,
      LevelState upper,
      List<Operand<TFloat32>> slots,
      Rates rates) {
    if (slots.size() != hypergradient.slots().size()) {
      throw new IllegalArgumentException(
          "%s needs %d state vectors and got %d"
              .formatted(hypergradient.id(), hypergradient.slots().size(), slots.size()));
    }
    LowerStep.Rates lowerRates = new LowerStep.Rates(rates.lowerLearningRate(), rates.xi());
    List<Operand<TFloat32>> state = ImmutableList.copyOf(slots);
    Operand<TFloat32> lowerLoss = tf.constant(0f);
    Operand<TFloat32> upperLoss = tf.constant(0f);
    LowerStep step = null;
    LevelGradient lowerGradient = null;
    LevelOptimizer.Update lowerUpdate = null;
    for (int batch = 0; batch < lowerSteps; batch++) {
      step =
          new LowerStep(
              tf, problem, batch, lower, upper.adam().values(), state, lowerOptimizer, lowerRates);
      // The last lower step meets the first upper mini-batch, whose passes the estimate shares.
      Hypergradient.LowerMove move =
          hypergradient.lowerMove(step, (lowerSteps - 1 - batch) % upperSteps);
      lowerGradient = move.gradient();
      lowerUpdate = step.updateAlong(lowerGradient);
      lower = lowerUpdate.state();
      state = move.slots();
      lowerLoss = tf.math.add(lowerLoss, step.pass().loss.task());
    }
    LevelGradient upperGradient = null;
    LevelOptimizer.Update upperUpdate = null;
    List<HypergradientTerms> terms = new ArrayList<>();
    for (int batch = 0; batch < upperSteps; batch++) {
      if (batch > 0) {
        step =
            new LowerStep(
                tf,
                problem,
                lowerSteps - 1,
                lower,
                upper.adam().values(),
                state,
                lowerOptimizer,
                lowerRates);
      }
      Hypergradient.Estimate estimate =
          hypergradient.estimate(
              new Hypergradient.Point(step, batch, lower.adam().values(), state));
      state = estimate.slots();
      upperGradient = estimate.levelGradient();
      terms.add(HypergradientTerms.of(tf, estimate.first(), estimate.second()));
      upperUpdate =
          upperOptimizer.update(
              tf, problem.upperGroup(), upper, upperGradient, rates.upperLearningRate());
      upper = upperUpdate.state();
      upperLoss = tf.math.add(upperLoss, estimate.upperLoss().task());
    }
    return new StepOutcome(
        Optional.of(StepOutcome.Moved.of(lowerUpdate, lowerGradient.whole())),
        Optional.of(StepOutcome.Moved.of(upperUpdate, upperGradient.whole())),
        Optional.of(tf.math.div(lowerLoss, tf.constant((float) lowerSteps))),
        Optional.of(tf.math.div(upperLoss, tf.constant((float) upperSteps))),
        state,
        Optional.of(HypergradientTerms.mean(tf, terms)));
  }

  private static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d; it must be 1 or more".formatted(field, value));
    }
  }
}
