package org.bilora.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.adapter.Penalties;
import org.bilora.autodiff.Parameter;
import org.bilora.bilevel.Loss;
import org.bilora.graph.OrderedSum;
import org.bilora.graph.ValueSum;
import org.bilora.method.AdapterValues;
import org.bilora.method.Penalty;
import org.bilora.model.Dropout;
import org.bilora.model.EncoderHead;
import org.bilora.model.HiddenKey;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The objectives of {@link NetworkProblem} for several trainings side by side, over one pass
 * through the network with the rows of all of them:
 *
 * <pre>
 * L(V, E) = Σ over lanes l of Lₗ(Vₗ, Eₗ)      ∂L/∂Vₗ = ∂Lₗ/∂Vₗ,  ∂²L/∂Eₖ∂Vₗ = 0 for k ≠ l
 * </pre>
 *
 * <p>Every derivative of the sum is a lane's own, so that one tape, and one product with second
 * derivatives, serves for all lanes. A lane's C is the mean over its rows, and its penalties are
 * its method's own. Parameters have an axis of lanes in front, and tasks' losses are {@code
 * [lanes]}.
 *
 * @param <T> type the backbone computes in
 */
final class LanedProblem<T extends TFloating> implements TrainablesProblem {
  private final ForwardPass<T, EncoderFeeds> forward;
  private final EncoderNetwork network;
  private final int lanes;
  private final List<EncoderFeeds> lowerBatches;
  private final List<EncoderFeeds> upperBatches;
  private final NetworkProblem.BatchDropout dropout;
  private final List<Operand<TFloat32>> lowerWeights;
  private final List<Operand<TFloat32>> upperWeights;

  /**
   * @param lanes how many
   * @param seed of the lanes' dropout, {@code [lanes, 2]}
   * @param penaltyWeights γ of each penalty, the lower level's first, {@code [lanes, 1]} each
   */
  LanedProblem(
      ForwardPass<T, EncoderFeeds> forward,
      EncoderNetwork network,
      int lanes,
      List<EncoderFeeds> lowerBatches,
      List<EncoderFeeds> upperBatches,
      Operand<TInt32> seed,
      List<Operand<TFloat32>> penaltyWeights) {
    this.forward = forward;
    this.network = network;
    this.lanes = lanes;
    this.lowerBatches = lowerBatches;
    this.upperBatches = upperBatches;
    this.dropout = NetworkProblem.seeded(seed, HiddenKey.OFF);
    int ofLower = trainables().lowerPenalties().size();
    this.lowerWeights = penaltyWeights.subList(0, ofLower);
    this.upperWeights = penaltyWeights.subList(ofLower, penaltyWeights.size());
  }

  @Override
  public Trainables trainables() {
    return forward.trainables();
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return loss(
        tf,
        tasks(tf, lowerBatches.get(batch), dropout.of(tf, 2 * batch), lower, upper),
        penalties(tf, trainables().lowerPenalties(), lowerWeights, lower, upper));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    return loss(
        tf,
        tasks(tf, upperBatches.get(batch), dropout.of(tf, 2 * batch + 1), lower, upper),
        penalties(tf, trainables().upperPenalties(), upperWeights, lower, upper));
  }

  private Loss loss(Ops tf, Operand<TFloat32> tasks, Operand<TFloat32> penalty) {
    Loss summed = trainables().loss(tf, ValueSum.of(tf, tasks), penalty);
    return new Loss(summed.objective(), tasks, summed.penalty());
  }

  /** C of each lane, {@code [lanes]}. */
  private Operand<TFloat32> tasks(
      Ops tf,
      EncoderFeeds feeds,
      Dropout masks,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper) {
    Trainables.ForwardValues values = byLine(tf, forward.bound(tf, lower, upper), feeds);
    Operand<TFloat32> logits = forward.logits(tf, feeds, values, masks);
    return network
        .loss()
        .examples(tf, logits, feeds.targets(), feeds.rowWeights())
        .means(tf, lanes);
  }

  /**
   * The head's vectors, of each lane one, as the head takes them: one for each line that it reads.
   */
  private Trainables.ForwardValues byLine(
      Ops tf, Trainables.ForwardValues values, EncoderFeeds feeds) {
    long rows = feeds.inputs().inputIds().shape().get(0) / lanes;
    boolean tokens = network.head().pooling() == EncoderHead.Pooling.TOKENS;
    long lines = tokens ? rows * feeds.inputs().inputIds().shape().get(1) : rows;
    Map<String, Operand<TFloat32>> weights = new HashMap<>(values.weights());
    for (Parameter parameter : lowerGroup().parameters()) {
      if (parameter.shape().length == 1) {
        weights.computeIfPresent(
            parameter.name(),
            (name, vectors) -> repeated(tf, vectors, Math.toIntExact(lines), parameter.size()));
      }
    }
    return new Trainables.ForwardValues(values.increments(), weights);
  }

  /** Each lane's vector so many times, {@code [lanes × lines, width]}. */
  private Operand<TFloat32> repeated(Ops tf, Operand<TFloat32> vectors, int lines, int width) {
    Operand<TFloat32> each =
        tf.broadcastTo(
            tf.expandDims(vectors, tf.constant(1)), tf.constant(new int[] {lanes, lines, width}));
    return tf.reshape(each, tf.constant(new int[] {-1, width}));
  }

  /** Σ over the lanes of what their objectives have besides the tasks' losses, scalar. */
  private Operand<TFloat32> penalties(
      Ops tf,
      List<Penalty> penalties,
      List<Operand<TFloat32>> weights,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper) {
    if (penalties.isEmpty()) {
      return Penalties.sum(tf, List.of());
    }
    List<List<Operand<TFloat32>>> lowerByLane = byLane(tf, lower);
    List<List<Operand<TFloat32>>> upperByLane = byLane(tf, upper);
    List<List<Operand<TFloat32>>> weightsByLane = byLane(tf, weights);
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (int lane = 0; lane < lanes; lane++) {
      AdapterValues values = trainables().byRole(lowerByLane.get(lane), upperByLane.get(lane));
      terms.add(Penalty.sum(tf, penalties, weightsByLane.get(lane), values));
    }
    // A weight is [1] in its lane.
    return tf.reduceSum(OrderedSum.of(tf, terms), tf.constant(0));
  }

  /** What each lane has of values with lanes in front. */
  private List<List<Operand<TFloat32>>> byLane(Ops tf, List<Operand<TFloat32>> values) {
    List<List<Operand<TFloat32>>> byLane = new ArrayList<>();
    for (int lane = 0; lane < lanes; lane++) {
      byLane.add(new ArrayList<>());
    }
    for (Operand<TFloat32> value : values) {
      List<Output<TFloat32>> parts = tf.unstack(value, (long) lanes).output();
      for (int lane = 0; lane < lanes; lane++) {
        byLane.get(lane).add(parts.get(lane));
      }
    }
    return byLane;
  }
}
