package org.bilora.bilevel;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The implicit hypergradient with its linear system solved along with the training, one step of
 * gradient descent per upper step (SOBA, Dagréou et al. 2022, arXiv 2201.13409), all at (V, E):
 *
 * <pre>
 * second term   − (∂²L₁/∂E∂V) z
 * z ← z − ρ (H z + δ z − ∂L₂/∂V)  →  (H + δ I)⁻¹ ∂L₂/∂V      H = ∂²L₁/∂V²
 * </pre>
 *
 * <p>Both products with z come from one pass back over ∇_V L₁: 6 F. z starts from 0, so that the
 * first upper step is of first order; it settles where ρ times the largest curvature stays below 2
 * and δ outweighs any negative one.
 *
 * @param solverRate ρ, above 0
 * @param damping δ, 0 or more
 */
public record Soba(
    @Knob(
            option = "--solver-rate",
            label = "X",
            help = "Step ρ of the linear system solved along the way, above 0")
        double solverRate,
    @Knob(option = "--damping", label = "X", help = "Damping δ added to the curvature, 0 or more")
        double damping)
    implements Hypergradient {
  private static final List<StateSlot> SLOTS = ImmutableList.of(StateSlot.zero("/z"));

  /** Checks the ranges. */
  public Soba {
    if (!(solverRate > 0 && Double.isFinite(solverRate))) {
      throw new IllegalArgumentException(
          "solverRate is %s; it must be above 0".formatted(solverRate));
    }
    if (!(damping >= 0 && Double.isFinite(damping))) {
      throw new IllegalArgumentException("damping is %s; it must be 0 or more".formatted(damping));
    }
  }

  @Override
  public Estimate estimate(Point point) {
    Ops tf = point.tf();
    UpperPass pass = point.upperPassAt(point.lower());
    Operand<TFloat32> z = point.updatedSlots().get(0);
    LowerPass.Products products = point.lowerPass().secondDerivativeProducts(z);
    Operand<TFloat32> damped =
        tf.math.add(products.byLower(), tf.math.mul(tf.constant((float) damping), z));
    Operand<TFloat32> residual = tf.math.sub(damped, pass.byLower);
    Operand<TFloat32> next = tf.math.sub(z, tf.math.mul(tf.constant((float) solverRate), residual));
    return point.estimate(
        pass.byUpper, tf.math.neg(products.byUpper()), pass, ImmutableList.of(next));
  }

  @Override
  public List<StateSlot> slots() {
    return SLOTS;
  }

  @Override
  public String id() {
    return "soba";
  }

  @Override
  public int backbonePasses() {
    return 6;
  }
}
