package org.bilora.step;

import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.Loss;
import org.bilora.bilevel.UpperVariables;
import org.bilora.model.Dropout;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Fine-tuning as a bi-level problem: L₁ = C(V, E; lower batch) + γ₁ R₁(V), L₂ = C(V, E; upper
 * batch) + γ₂ R₂(E) (BiLoRA, equations 3 to 5), C being the network's loss.
 *
 * @param <T> type the backbone computes in
 * @param <F> placeholders of a batch
 */
final class NetworkProblem<T extends TFloating, F extends BatchFeeds<F>> implements BilevelProblem {
  private final ForwardPass<T, F> forward;
  private final List<F> lowerBatches;
  private final List<F> upperBatches;
  private final BatchDropout dropout;

  /** The dropout of each of a step's batches. */
  @FunctionalInterface
  interface BatchDropout {
    /**
     * @param role tells the batches apart, so that each has masks of its own
     */
    Dropout of(Ops tf, int role);
  }

  /**
   * @param dropout of this step's batches
   */
  NetworkProblem(
      ForwardPass<T, F> forward, List<F> lowerBatches, List<F> upperBatches, BatchDropout dropout) {
    this.forward = forward;
    this.lowerBatches = lowerBatches;
    this.upperBatches = upperBatches;
    this.dropout = dropout;
  }

  @Override
  public ParameterGroup lowerGroup() {
    return forward.trainables().lower();
  }

  @Override
  public ParameterGroup upperGroup() {
    return forward.trainables().upper();
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    F feeds = lowerBatches.get(batch);
    int role = 2 * batch;
    Optional<UpperVariables> variables = forward.trainables().upperVariables();
    if (variables.isPresent()) {
      UpperVariables.Examples examples =
          forward.network().examples(tf, feeds, logits(tf, feeds, role, lower, List.of()));
      return new Loss(
          variables.get().lowerObjective(tf, upper, lower, examples), examples.mean(tf));
    }
    Operand<TFloat32> task = taskLoss(tf, feeds, role, lower, upper);
    return forward.trainables().loss(tf, task, forward.trainables().lowerPenalty(tf, lower, upper));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> task = taskLoss(tf, upperBatches.get(batch), 2 * batch + 1, lower, upper);
    return forward.trainables().loss(tf, task, forward.trainables().upperPenalty(tf, lower, upper));
  }

  private Operand<TFloat32> logits(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return forward.logits(tf, feeds, lower, upper, dropout.of(tf, role));
  }

  /** Masks that follow from a step's seed, {@code [2]}. */
  static BatchDropout seeded(Operand<TInt32> seed) {
    return (tf, role) -> Dropout.seeded(tf.math.add(seed, tf.constant(new int[] {role << 16, 0})));
  }

  private Operand<TFloat32> taskLoss(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return forward
        .network()
        .loss(tf, feeds, logits(tf, feeds, role, lower, upper), Network.LossUse.MINIMISED);
  }
}
