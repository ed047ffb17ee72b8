package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.bilora.optim.AdamW;
import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The hypergradient of a penalty, of first derivatives only (F2SA, Kwon et al. 2023, arXiv
 * 2301.10945): V follows both losses, a second set of lower values Z the lower loss alone.
 *
 * <pre>
 * min over E, V of  L₂(V, E) + σ (L₁(V, E) − min over Z of L₁(Z, E))
 *
 * V follows     ∂L₂/∂V + σ ∇_V L₁(V, E)
 * Z follows     ∇_Z L₁(Z, E)
 * first term    ∂L₂/∂E (V, E)
 * second term   σ [ ∂L₁/∂E (V, E) − ∂L₁/∂E (Z, E) ]
 * </pre>
 *
 * <p>Both are moved by V's optimizer and rate, each with moments of its own. With both settled the
 * sum is the implicit hypergradient to within O(1/σ). Three passes forward and back, at V for
 * either loss and at Z: 6 F.
 *
 * @param multiplier σ, above 0
 */
public record Penalty(
    @Knob(option = "--multiplier", label = "X", help = "Weight σ of the lower loss, above 0")
        double multiplier)
    implements Hypergradient {
  private static final List<StateSlot> SLOTS =
      ImmutableList.of(
          new StateSlot("/z", StateSlot.Start.VALUES),
          StateSlot.zero("/z_m"),
          StateSlot.zero("/z_v"));

  /** Checks the range. */
  public Penalty {
    if (!(multiplier > 0 && Double.isFinite(multiplier))) {
      throw new IllegalArgumentException(
          "multiplier is %s; it must be above 0".formatted(multiplier));
    }
  }

  @Override
  public LowerMove lowerMove(LowerStep step, int upperBatch) {
    Ops tf = step.tf();
    Operand<TFloat32> both =
        tf.math.add(
            step.upperPassAt(upperBatch, step.lower()).byLower,
            tf.math.mul(sigma(tf), step.pass().gradient));
    AdamW.State z = new AdamW.State(step.slots().get(0), step.slots().get(1), step.slots().get(2));
    AdamW.State next =
        step.optimizer()
            .update(
                tf,
                step.problem().lowerGroup(),
                new LevelState(z, step.count()),
                step.passAt(z.values()).levelGradient,
                step.rates().learningRate())
            .state()
            .adam();
    return new LowerMove(
        LevelGradient.of(both),
        ImmutableList.of(next.values(), next.firstMoment(), next.secondMoment()));
  }

  @Override
  public Estimate estimate(Point point) {
    Ops tf = point.tf();
    LowerStep step = point.step();
    UpperPass pass = point.upperPassAt(point.lower());
    Operand<TFloat32> difference =
        tf.math.sub(step.pass().byUpper, step.passAt(step.slots().get(0)).byUpper);
    return point.estimate(pass.byUpper, tf.math.mul(sigma(tf), difference), pass);
  }

  private Operand<TFloat32> sigma(Ops tf) {
    return tf.constant((float) multiplier);
  }

  @Override
  public List<StateSlot> slots() {
    return SLOTS;
  }

  @Override
  public String id() {
    return "penalty";
  }

  @Override
  public int backbonePasses() {
    return 6;
  }
}
