package org.bilora.method;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bilora.adapter.RankAllocator;
import org.bilora.adapter.RankAllocator.Scores;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StateSlot;
import org.bilora.bilevel.StepOutcome;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * The end of AdaLoRA's steps: scores of all trained values, and a mask over the values E.
 *
 * @param method its decays and budget
 * @param layers where A, B and E stand
 * @param initialRank r₀
 */
record AdaLoraAllocation(AdaLora method, AdaptedLayers layers, int initialRank)
    implements StepEnding {

  /** Ī and U, kept beside V. */
  @Override
  public List<StateSlot> slots() {
    return List.of(StateSlot.zero("/importance"), StateSlot.zero("/uncertainty"));
  }

  /** Whether scores are updated, and b(t). */
  @Override
  public int scalars() {
    return 2;
  }

  @Override
  public float[] scalars(long step, long steps) {
    AdaLora.Allocation allocation = method.allocation(step, steps);
    return new float[] {allocation.scored() ? 1 : 0, budget(allocation)};
  }

  /** b(t): triplets to keep at a step; all of them where nothing is masked. */
  int budget(AdaLora.Allocation allocation) {
    int all = layers.modules().size() * initialRank;
    int last = layers.modules().size() * layers.settings().rank();
    return allocation.masked() ? (int) (last + (all - last) * allocation.excess()) : all;
  }

  /** Scores the weights and sets the values outside the budget to 0. */
  @Override
  public Ended end(
      Ops tf,
      Operand<TFloat32> before,
      StepOutcome.Moved moved,
      List<Operand<TFloat32>> slots,
      Operand<TFloat32> scalars) {
    ParameterGroup group = layers.lower();
    Operand<TBool> update = tf.math.greater(scalar(tf, scalars, 0), tf.constant(0.5f));
    Scores scores = new Scores(slots.get(0), slots.get(1));
    boolean usual = method.importanceOf().isPresent();
    Scores updated =
        new RankAllocator(method.importanceDecay(), method.uncertaintyDecay())
            .update(
                tf,
                scores,
                usual ? moved.state().adam().values() : before,
                usual ? moved.clipped() : moved.gradient());
    Scores now =
        new Scores(
            tf.select(update, updated.importance(), scores.importance()),
            tf.select(update, updated.uncertainty(), scores.uncertainty()));
    Map<ParameterName, Operand<TFloat32>> byName = new HashMap<>();
    List<Operand<TFloat32>> parts = group.split(tf, now.product(tf));
    for (int i = 0; i < parts.size(); i++) {
      Operand<TFloat32> part = parts.get(i);
      layers.lowerName(i).ifPresent(name -> byName.put(name, part));
    }
    List<RankAllocator.Adapter> adapters = new ArrayList<>();
    for (String module : layers.modules()) {
      adapters.add(
          new RankAllocator.Adapter(
              byName.get(AdapterForm.lower(module, Role.B)),
              byName.get(AdapterForm.lower(module, Role.E)),
              byName.get(AdapterForm.lower(module, Role.A))));
    }
    Operand<TFloat32> kept =
        RankAllocator.kept(tf, RankAllocator.triplets(tf, adapters), scalar(tf, scalars, 1));
    List<Operand<TFloat32>> values =
        new ArrayList<>(group.split(tf, moved.state().adam().values()));
    for (int i = 0; i < values.size(); i++) {
      Optional<ParameterName> name = layers.lowerName(i);
      if (name.isPresent() && name.get().role() == Role.E) {
        int place = layers.modules().indexOf(name.get().module());
        Operand<TFloat32> own =
            tf.slice(
                kept,
                tf.constant(new int[] {place * initialRank}),
                tf.constant(new int[] {initialRank}));
        values.set(i, tf.math.mul(values.get(i), own));
      }
    }
    return new Ended(group.join(tf, values), List.of(now.importance(), now.uncertainty()));
  }

  private static Operand<TFloat32> scalar(Ops tf, Operand<TFloat32> scalars, int at) {
    Operand<TFloat32> one =
        tf.slice(scalars, tf.constant(new int[] {at}), tf.constant(new int[] {1}));
    return tf.reduceSum(one, tf.constant(0));
  }
}
