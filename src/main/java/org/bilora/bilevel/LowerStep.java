package org.bilora.bilevel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * One lower step: the point (V, E) and mini-batch that it is taken at, the optimizer that takes it,
 * and the passes over either loss at E, each formed once however many ask for it.
 */
public final class LowerStep {
  private final Ops tf;
  private final BilevelProblem problem;
  private final int batch;
  private final LevelState lower;
  private final Operand<TFloat32> upper;
  private final List<Operand<TFloat32>> slots;
  private final LevelOptimizer optimizer;
  private final Rates rates;
  private final Map<Output<?>, LowerPass> lowerPasses = new HashMap<>();
  private final Map<UpperKey, UpperPass> upperPasses = new HashMap<>();
  private final Map<Output<?>, LevelOptimizer.Update> updates = new HashMap<>();

  private record UpperKey(int batch, Output<?> lower) {}

  /**
   * Two lengths, both scalars.
   *
   * @param learningRate η of V's optimizer
   * @param xi ξ of the unrolled step
   */
  public record Rates(Operand<TFloat32> learningRate, Operand<TFloat32> xi) {}

  /**
   * @param batch index of the lower mini-batch
   * @param lower V with its moments, before the step
   * @param upper E, {@code [upper size]}
   * @param slots the hypergradient's state before the step, each {@code [lower size]}
   */
  LowerStep(
      Ops tf,
      BilevelProblem problem,
      int batch,
      LevelState lower,
      Operand<TFloat32> upper,
      List<Operand<TFloat32>> slots,
      LevelOptimizer optimizer,
      Rates rates) {
    this.tf = tf;
    this.problem = problem;
    this.batch = batch;
    this.lower = lower;
    this.upper = upper;
    this.slots = slots;
    this.optimizer = optimizer;
    this.rates = rates;
  }

  Ops tf() {
    return tf;
  }

  BilevelProblem problem() {
    return problem;
  }

  int batch() {
    return batch;
  }

  /** V, {@code [lower size]}. */
  Operand<TFloat32> lower() {
    return lower.adam().values();
  }

  /** V's updates so far, scalar. */
  Operand<TFloat32> count() {
    return lower.count();
  }

  /** E, {@code [upper size]}. */
  Operand<TFloat32> upper() {
    return upper;
  }

  /** The hypergradient's state before the step, each {@code [lower size]}. */
  List<Operand<TFloat32>> slots() {
    return slots;
  }

  LevelOptimizer optimizer() {
    return optimizer;
  }

  Rates rates() {
    return rates;
  }

  /** L₁ at (V, E). */
  LowerPass pass() {
    return passAt(lower());
  }

  /** L₁ on the same mini-batch at other lower values, {@code [lower size]}, and at E. */
  LowerPass passAt(Operand<TFloat32> values) {
    return lowerPasses.computeIfAbsent(
        values.asOutput(), key -> new LowerPass(tf, problem, batch, values, upper));
  }

  /** L₂ on one of the upper mini-batches at lower values, {@code [lower size]}, and at E. */
  UpperPass upperPassAt(int upperBatch, Operand<TFloat32> values) {
    return upperPasses.computeIfAbsent(
        new UpperKey(upperBatch, values.asOutput()),
        key -> new UpperPass(tf, problem, upperBatch, values, upper));
  }

  /** Where the optimizer leads from V along ∇_V L₁. */
  LevelOptimizer.Update update() {
    return updateAlong(pass().levelGradient);
  }

  /** Where the optimizer leads from V along a gradient of V. */
  LevelOptimizer.Update updateAlong(LevelGradient gradient) {
    return updates.computeIfAbsent(
        gradient.whole().asOutput(),
        key -> optimizer.update(tf, problem.lowerGroup(), lower, gradient, rates.learningRate()));
  }
}
