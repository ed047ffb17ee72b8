package org.bilora.method;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bilora.adapter.RankAllocator;
import org.bilora.adapter.RankAllocator.Scores;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.StateSlot;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * AdaLoRA's scores and mask within a step, over the vector of all trained values.
 *
 * @param allocator smooths the scores
 * @param group the trained values, the head's among them
 * @param modules names of the adapted layers
 * @param initialRank r₀
 * @param rank final average rank
 */
public record AdaLoraAllocation(
    RankAllocator allocator,
    ParameterGroup group,
    ImmutableList<String> modules,
    int initialRank,
    int rank) {
  /** Ī and U, kept beside V. */
  public static final ImmutableList<StateSlot> SLOTS =
      ImmutableList.of(StateSlot.zero("/importance"), StateSlot.zero("/uncertainty"));

  /**
   * The end of a step.
   *
   * @param values with those outside the budget set to 0, {@code [group size]}
   */
  public record Outcome(Operand<TFloat32> values, Scores scores) {}

  /** b(t): triplets to keep at a step; all of them where nothing is masked. */
  public int budget(AdaLora.Allocation allocation) {
    int all = modules.size() * initialRank;
    int last = modules.size() * rank;
    return allocation.masked() ? (int) (last + (all - last) * allocation.excess()) : all;
  }

  /**
   * Scores the weights and masks the values.
   *
   * @param before values that the gradient was taken at, {@code [group size]}
   * @param gradient of the objective, {@code [group size]}
   * @param after values after the optimizer's update, {@code [group size]}
   * @param scores before this step
   * @param scored 1 to update them, 0 to leave them, scalar
   * @param budget triplets to keep, scalar
   */
  public Outcome apply(
      Ops tf,
      Operand<TFloat32> before,
      Operand<TFloat32> gradient,
      Operand<TFloat32> after,
      Scores scores,
      Operand<TFloat32> scored,
      Operand<TFloat32> budget) {
    Operand<TBool> update = tf.math.greater(scored, tf.constant(0.5f));
    Scores updated = allocator.update(tf, scores, before, gradient);
    Scores now =
        new Scores(
            tf.select(update, updated.importance(), scores.importance()),
            tf.select(update, updated.uncertainty(), scores.uncertainty()));
    Map<String, Operand<TFloat32>> byName = new HashMap<>();
    List<Operand<TFloat32>> parts = group.split(tf, now.product(tf));
    for (int i = 0; i < parts.size(); i++) {
      byName.put(group.parameters().get(i).name(), parts.get(i));
    }
    List<RankAllocator.Adapter> adapters = new ArrayList<>();
    for (String module : modules) {
      adapters.add(
          new RankAllocator.Adapter(
              byName.get(module + ".B"), byName.get(module + ".E"), byName.get(module + ".A")));
    }
    Operand<TFloat32> kept = RankAllocator.kept(tf, RankAllocator.triplets(tf, adapters), budget);
    List<Operand<TFloat32>> values = new ArrayList<>(group.split(tf, after));
    for (int i = 0; i < values.size(); i++) {
      String name = group.parameters().get(i).name();
      int module = name.endsWith(".E") ? modules.indexOf(name.substring(0, name.length() - 2)) : -1;
      if (module >= 0) {
        Operand<TFloat32> own =
            tf.slice(
                kept,
                tf.constant(new int[] {module * initialRank}),
                tf.constant(new int[] {initialRank}));
        values.set(i, tf.math.mul(values.get(i), own));
      }
    }
    return new Outcome(group.join(tf, values), now);
  }
}
