package org.bilora.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Loss;
import org.bilora.bilevel.UpperVariables;
import org.bilora.graph.EndToEnd;
import org.bilora.model.Dropout;
import org.bilora.model.HiddenKey;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TFloating;

/**
 * The objectives of {@link NetworkProblem}, computed by several workers: each computes the losses
 * of its rows, and the first one forms the mean over all of them and adds the penalties.
 *
 * <pre>
 * C(V, E) = Σ over workers i, examples j of wᵢⱼ ℓᵢⱼ(V, E)  /  Σ wᵢⱼ
 * </pre>
 *
 * This is the single process's C, whatever the parts' numbers of examples or tokens, and so are all
 * its derivatives: an adjoint is computed where its operation is, and a derivative of C is the sum
 * of the workers'. The hypergradient takes no thought of its own. ∇_V L₁ is such a sum, V' = V − ξ
 * ∇_V L₁ leads every worker to the same V', L₂ at V' is the mean over all rows, and the mixed
 * product (∂²L₁/∂E∂V) v carries one v, the whole ∂L₂/∂V', back to every worker.
 *
 * <p>V and E are sent as one vector each, and so are their adjoints.
 *
 * @param <T> type the backbone computes in
 * @param <F> placeholders of a part of a batch
 */
final class SpreadProblem<T extends TFloating, F extends BatchFeeds<F>>
    implements TrainablesProblem {
  private final Workers workers;
  private final List<ForwardPass<T, F>> forward;
  private final List<PartFeeds<F>> lowerBatches;
  private final List<PartFeeds<F>> upperBatches;
  private final Operand<TInt32> seed;
  private final HiddenKey hiddenKey;

  /**
   * @param forward by worker, with the frozen weights that it holds
   * @param seed of a step's dropout, {@code [2]}
   */
  SpreadProblem(
      Workers workers,
      List<ForwardPass<T, F>> forward,
      List<PartFeeds<F>> lowerBatches,
      List<PartFeeds<F>> upperBatches,
      Operand<TInt32> seed,
      HiddenKey hiddenKey) {
    this.workers = workers;
    this.forward = List.copyOf(forward);
    this.lowerBatches = lowerBatches;
    this.upperBatches = upperBatches;
    this.seed = seed;
    this.hiddenKey = hiddenKey;
  }

  @Override
  public Trainables trainables() {
    return forward.get(0).trainables();
  }

  @Override
  public Loss lowerLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    PartFeeds<F> feeds = lowerBatches.get(batch);
    int role = 2 * batch;
    Optional<UpperVariables> variables = trainables().upperVariables();
    if (variables.isPresent()) {
      UpperVariables.Examples examples = examples(tf, feeds, role, lower, List.of());
      return new Loss(
          variables.get().lowerObjective(tf, upper, lower, examples), examples.mean(tf));
    }
    Operand<TFloat32> task = examples(tf, feeds, role, lower, upper).mean(tf);
    return trainables().loss(tf, task, trainables().lowerPenalty(tf, lower, upper));
  }

  @Override
  public Loss upperLoss(
      Ops tf, int batch, List<Operand<TFloat32>> lower, List<Operand<TFloat32>> upper) {
    List<Operand<TFloat32>> inside = trainables().upperVariables().isPresent() ? List.of() : upper;
    Operand<TFloat32> task =
        examples(tf, upperBatches.get(batch), 2 * batch + 1, lower, inside).mean(tf);
    return trainables().loss(tf, task, trainables().upperPenalty(tf, lower, upper));
  }

  /** The whole batch's losses, in the order of its rows. */
  private UpperVariables.Examples examples(
      Ops tf,
      PartFeeds<F> feeds,
      int role,
      List<Operand<TFloat32>> lower,
      List<Operand<TFloat32>> upper) {
    Optional<Operand<TFloat32>> v = vector(tf, lowerGroup(), lower);
    Optional<Operand<TFloat32>> e = vector(tf, upperGroup(), upper);
    Operand<TInt32> own = tf.math.add(seed, tf.constant(NetworkProblem.seedShift(role)));
    List<Operand<TFloat32>> losses = new ArrayList<>();
    List<Operand<TFloat32>> present = new ArrayList<>();
    List<Operand<TInt32>> rows = new ArrayList<>();
    for (int worker = 0; worker < feeds.parts().size(); worker++) {
      PartFeeds.Part<F> part = feeds.parts().get(worker);
      ForwardPass<T, F> here = forward.get(worker);
      Ops there = workers.at(tf, worker);
      Operand<TFloat32> logits =
          here.logits(
              there,
              part.feeds(),
              parameters(there, lowerGroup(), v),
              parameters(there, upperGroup(), e),
              Dropout.seeded(own, new Dropout.Rows(part.firstRow(), part.rows())).with(hiddenKey));
      UpperVariables.Examples examples = here.network().examples(there, part.feeds(), logits);
      losses.add(examples.losses());
      examples.rows().ifPresent(rows::add);
      present.add(examples.present().orElseGet(() -> there.onesLike(examples.losses())));
    }
    return new UpperVariables.Examples(
        EndToEnd.of(tf, losses),
        rows.isEmpty() ? Optional.empty() : Optional.of(EndToEnd.of(tf, rows)),
        Optional.of(EndToEnd.of(tf, present)));
  }

  /** Parameters end to end; empty for none. */
  private static Optional<Operand<TFloat32>> vector(
      Ops tf, ParameterGroup group, List<Operand<TFloat32>> values) {
    return values.isEmpty() ? Optional.empty() : Optional.of(group.join(tf, values));
  }

  /** The parameters, each cut from the vector where it is used. */
  private static List<Operand<TFloat32>> parameters(
      Ops there, ParameterGroup group, Optional<Operand<TFloat32>> vector) {
    return vector.map(whole -> group.cut(there, there.identity(whole))).orElse(List.of());
  }
}
