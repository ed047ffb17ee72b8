package org.bilora.step;

import java.util.List;
import java.util.Optional;
import org.bilora.bilevel.Loss;
import org.bilora.bilevel.UpperVariables;
import org.bilora.model.Dropout;
import org.bilora.model.HiddenKey;
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
final class NetworkProblem<T extends TFloating, F extends BatchFeeds<F>>
    implements TrainablesProblem {
  /** Beyond the roles of all batches of a step. */
  private static final int SECOND_PASS = 1 << 12;

  private final ForwardPass<T, F> forward;
  private final List<F> lowerBatches;
  private final List<F> upperBatches;
  private final BatchDropout dropout;
  private final int parts;

  /** The dropout of each of a step's batches. */
  @FunctionalInterface
  interface BatchDropout {
    /**
     * @param role tells the batches apart, so that each has masks of its own
     */
    Dropout of(Ops tf, int role);

    /** Whose dropout it is. */
    default HiddenKey hiddenKey() {
      return HiddenKey.OFF;
    }
  }

  /** Masks that follow from a step's seed, {@code [2]}. */
  private record SeededDropout(Operand<TInt32> seed, HiddenKey hiddenKey) implements BatchDropout {
    @Override
    public Dropout of(Ops tf, int role) {
      Operand<TInt32> of = tf.withControlDependencies(List.of()).constant(seedShift(role));
      return Dropout.seeded(tf.math.add(seed, of)).with(hiddenKey);
    }
  }

  /** Batches that are computed at once. */
  NetworkProblem(
      ForwardPass<T, F> forward, List<F> lowerBatches, List<F> upperBatches, BatchDropout dropout) {
    this(forward, lowerBatches, upperBatches, dropout, 1);
  }

  /**
   * @param dropout of this step's batches
   * @param parts that every batch is computed in; divides its rows
   */
  NetworkProblem(
      ForwardPass<T, F> forward,
      List<F> lowerBatches,
      List<F> upperBatches,
      BatchDropout dropout,
      int parts) {
    this.forward = forward;
    this.lowerBatches = lowerBatches;
    this.upperBatches = upperBatches;
    this.dropout = dropout;
    this.parts = parts;
    if (parts > 1 && trainables().upperVariables().isPresent()) {
      throw new IllegalArgumentException(
          "accumulate is %d; what the upper level sets is a matter of whole batches: leave it out, or take another method"
              .formatted(parts));
    }
  }

  @Override
  public Trainables trainables() {
    return forward.trainables();
  }

  @Override
  public int parts() {
    return parts;
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    F feeds = lowerBatches.get(batch);
    int role = 2 * batch;
    Optional<UpperVariables> variables = trainables().upperVariables();
    if (dropout.hiddenKey().klWeight() > 0) {
      return lowerLoss(
          tf,
          twoPasses(tf, feeds, role, lower, variables.isEmpty() ? upper : List.of()),
          lower,
          upper);
    }
    if (variables.isPresent()) {
      UpperVariables.Examples examples =
          forward.network().examples(tf, feeds, logits(tf, feeds, role, lower, List.of()));
      return new Loss(
          variables.get().lowerObjective(tf, upper, lower, examples), examples.mean(tf));
    }
    Operand<TFloat32> task = taskLoss(tf, feeds, role, lower, upper);
    return trainables().loss(tf, task, trainables().lowerPenalty(tf, lower, upper));
  }

  private TwoPasses twoPasses(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return TwoPasses.of(
        tf,
        logits -> forward.network().examples(tf, feeds, logits),
        dropout.hiddenKey().klWeight(),
        logits(tf, feeds, role, lower, upper),
        logits(tf, feeds, role + SECOND_PASS, lower, upper));
  }

  private Loss lowerLoss(
      Ops tf, TwoPasses passes, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Trainables trainables = trainables();
    Operand<TFloat32> task = passes.task().mean(tf);
    if (trainables.upperVariables().isPresent()) {
      UpperVariables variables = trainables.upperVariables().get();
      return new Loss(variables.lowerObjective(tf, upper, lower, passes.objective()), task);
    }
    Loss loss =
        trainables.loss(tf, passes.objective().mean(tf), trainables.lowerPenalty(tf, lower, upper));
    return new Loss(loss.objective(), task, loss.penalty());
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, int part, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    if (parts == 1) {
      return lowerLoss(tf, batch, lower, upper);
    }
    Operand<TFloat32> task = partLoss(tf, lowerBatches.get(batch), 2 * batch, part, lower, upper);
    return part > 0
        ? new Loss(task, task)
        : trainables().loss(tf, task, trainables().lowerPenalty(tf, lower, upper));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    Operand<TFloat32> task = taskLoss(tf, upperBatches.get(batch), 2 * batch + 1, lower, upper);
    return trainables().loss(tf, task, trainables().upperPenalty(tf, lower, upper));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, int part, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    if (parts == 1) {
      return upperLoss(tf, batch, lower, upper);
    }
    Operand<TFloat32> task =
        partLoss(tf, upperBatches.get(batch), 2 * batch + 1, part, lower, upper);
    return part > 0
        ? new Loss(task, task)
        : trainables().loss(tf, task, trainables().upperPenalty(tf, lower, upper));
  }

  /** What a part's rows add to C, with the masks that they have in the whole batch. */
  private Operand<TFloat32> partLoss(
      Ops tf,
      F whole,
      int role,
      int part,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper) {
    // What waits for an earlier part is what all that is large is computed from, and no more: every
    // operation that waits costs TensorFlow time before the first step.
    Ops free = tf.withControlDependencies(List.of());
    F rows = forward.network().part(tf, whole, part, parts);
    Dropout masks = dropout.of(tf, role).ofPart(part);
    Operand<TFloat32> logits = forward.logits(free, rows, lower, upper, masks);
    return forward.network().partOfLoss(free, rows, whole, logits);
  }

  private Operand<TFloat32> logits(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return forward.logits(tf, feeds, lower, upper, dropout.of(tf, role));
  }

  /** Masks that follow from a step's seed, {@code [2]}. */
  static BatchDropout seeded(Operand<TInt32> seed, HiddenKey hiddenKey) {
    return new SeededDropout(seed, hiddenKey);
  }

  /** What tells the masks of a step's batches apart. */
  static int[] seedShift(int role) {
    return new int[] {role << 16, 0};
  }

  private Operand<TFloat32> taskLoss(
      Ops tf, F feeds, int role, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return forward
        .network()
        .loss(tf, feeds, logits(tf, feeds, role, lower, upper), Network.LossUse.MINIMISED);
  }
}
