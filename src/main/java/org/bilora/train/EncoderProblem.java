package org.bilora.train;

import java.util.List;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.BilevelProblem;
import org.bilora.bilevel.Loss;
import org.bilora.model.Dropout;
import org.bilora.model.Encoder;
import org.bilora.model.EncoderConfig;
import org.bilora.model.EncoderHead;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * Fine-tuning an encoder as a bi-level problem: L₁ = C(V, E; lower batch) + γ₁ R₁(V), L₂ = C(V, E;
 * upper batch) + γ₂ R₂(E) (BiLoRA, equations 3 to 5), C the mean cross-entropy or squared error
 * over a mini-batch's examples.
 *
 * @param <T> type the backbone computes in
 */
final class EncoderProblem<T extends TFloating> implements BilevelProblem {
  private final EncoderConfig config;
  private final EncoderHead head;
  private final Trainables trainables;
  private final Class<T> type;
  private final Weights<T> frozen;
  private final Weights<TFloat32> frozenHead;
  private final List<BatchFeeds> lowerBatches;
  private final List<BatchFeeds> upperBatches;
  private final Operand<TInt32> seed;

  /**
   * @param frozen the backbone's weights
   * @param frozenHead head weights that come with the checkpoint
   * @param seed dropout seed of this step, {@code [2]}; null to leave dropout off
   */
  EncoderProblem(
      EncoderConfig config,
      EncoderHead head,
      Trainables trainables,
      Class<T> type,
      Weights<T> frozen,
      Weights<TFloat32> frozenHead,
      List<BatchFeeds> lowerBatches,
      List<BatchFeeds> upperBatches,
      Operand<TInt32> seed) {
    this.config = config;
    this.head = head;
    this.trainables = trainables;
    this.type = type;
    this.frozen = frozen;
    this.frozenHead = frozenHead;
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
    BatchFeeds feeds = lowerBatches.get(batch);
    Operand<TFloat32> task = taskLoss(tf, feeds, logits(tf, feeds, 2 * batch, lower, upper));
    return new Loss(tf.math.add(task, trainables.lowerPenalty(tf, lower, upper)), task);
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    BatchFeeds feeds = upperBatches.get(batch);
    Operand<TFloat32> task = taskLoss(tf, feeds, logits(tf, feeds, 2 * batch + 1, lower, upper));
    return new Loss(tf.math.add(task, trainables.upperPenalty(tf, upper)), task);
  }

  /**
   * Logits of a batch.
   *
   * @param role tells the step's batches apart, so that each has dropout masks of its own
   * @return {@code [rows, labels]}
   */
  Operand<TFloat32> logits(
      Ops tf,
      BatchFeeds feeds,
      int role,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper) {
    Dropout dropout =
        seed == null
            ? Dropout.off()
            : Dropout.seeded(tf.math.add(seed, tf.constant(new int[] {role << 16, 0})));
    Trainables.Bound bound = trainables.bind(tf, lower, upper);
    Encoder<T> encoder =
        new Encoder<>(
            config,
            bound.backboneWeights(tf, frozen, type),
            bound.increments(),
            trainables.inputDropoutProbability());
    Operand<T> hidden = encoder.lastHiddenState(tf, feeds.inputs(), dropout);
    return head.logits(tf, feeds.inputs(), hidden, bound.headWeights(frozenHead), dropout);
  }

  /** C: mean over the rows that are examples, scalar. */
  Operand<TFloat32> taskLoss(Ops tf, BatchFeeds feeds, Operand<TFloat32> logits) {
    Operand<TFloat32> perRow =
        head.labels() == 1
            ? tf.math.square(
                tf.math.sub(tf.reshape(logits, tf.constant(new int[] {-1})), feeds.targets()))
            : crossEntropy(tf, logits, feeds.targets());
    Operand<TInt32> axis = tf.constant(0);
    Operand<TFloat32> sum = tf.reduceSum(tf.math.mul(perRow, feeds.rowWeights()), axis);
    return tf.math.div(sum, tf.reduceSum(feeds.rowWeights(), axis));
  }

  private Operand<TFloat32> crossEntropy(
      Ops tf, Operand<TFloat32> logits, Operand<TFloat32> targets) {
    Operand<TFloat32> oneHot =
        tf.oneHot(
            tf.dtypes.cast(targets, TInt32.class),
            tf.constant(head.labels()),
            tf.constant(1f),
            tf.constant(0f));
    Operand<TFloat32> logProbabilities = tf.nn.logSoftmax(logits);
    return tf.math.neg(
        tf.reduceSum(tf.math.mul(oneHot, logProbabilities), tf.constant(new int[] {1})));
  }
}
