package org.bilora.step;

import java.util.List;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.Loss;
import org.bilora.model.Dropout;
import org.bilora.model.Weights;
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
  private final Network<F> network;
  private final Trainables trainables;
  private final Class<T> type;
  private final Weights<T> frozen;
  private final List<F> lowerBatches;
  private final List<F> upperBatches;
  private final Operand<TInt32> seed;

  /**
   * @param frozen weights that are not trained
   * @param seed dropout seed of this step, {@code [2]}; null to leave dropout off
   */
  NetworkProblem(
      Network<F> network,
      Trainables trainables,
      Class<T> type,
      Weights<T> frozen,
      List<F> lowerBatches,
      List<F> upperBatches,
      Operand<TInt32> seed) {
    this.network = network;
    this.trainables = trainables;
    this.type = type;
    this.frozen = frozen;
    this.lowerBatches = lowerBatches;
    this.upperBatches = upperBatches;
    this.seed = seed;
  }

  @Override
  public ParameterGroup lowerGroup() {
    return trainables.lower();
  }

  @Override
  public ParameterGroup upperGroup() {
    return trainables.upper();
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> task = taskLoss(tf, lowerBatches.get(batch), 2 * batch, lower, upper);
    return new Loss(tf.math.add(task, trainables.lowerPenalty(tf, lower, upper)), task);
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> task = taskLoss(tf, upperBatches.get(batch), 2 * batch + 1, lower, upper);
    return new Loss(tf.math.add(task, trainables.upperPenalty(tf, upper)), task);
  }

  private Operand<TFloat32> taskLoss(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> logits = logits(tf, feeds, role, lower, upper);
    return network.loss(tf, feeds, logits, network.labelSmoothing());
  }

  /**
   * Logits of a batch.
   *
   * @param role tells the step's batches apart, so that each has dropout masks of its own
   * @return as {@link Network#logits}
   */
  Operand<TFloat32> logits(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Dropout dropout =
        seed == null
            ? Dropout.off()
            : Dropout.seeded(tf.math.add(seed, tf.constant(new int[] {role << 16, 0})));
    Trainables.Bound bound = trainables.bind(tf, lower, upper);
    return network.logits(
        tf,
        feeds,
        new Network.Values<>(
            bound.backboneWeights(tf, frozen, type),
            bound.headWeights(tf, frozen),
            bound.increments(),
            trainables.inputDropoutProbability()),
        dropout);
  }
}
