package org.bilora.bilevel;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Differentiates through one lower step: the second term is a vector-Jacobian product of ∇_V L₁,
 * reverse over reverse, on the forward and backward pass that the lower step formed. 6 F.
 *
 * <pre>
 * − (∂²L₁/∂E∂V) (s ∘ ∂L₂/∂V⁺)      s and V⁺ as {@link Unroll} has them
 * </pre>
 *
 * @param unroll the step; plain gradient descent where a file does not say
 */
// A plain unroll is left out of files, as in those of runs and studies that know no other.
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
public record Exact(
    @JsonProperty(required = false)
        @Knob(
            option = "--unroll",
            label = "KIND",
            help =
                "Lower step that is differentiated through: sgd, adamw, or steady (AdamW's, with what momentum hands on)")
        Unroll unroll)
    implements Hypergradient {

  /** Fills in what older files do not say. */
  public Exact {
    unroll = unroll == null ? Unroll.SGD : unroll;
  }

  /** Through a step of plain gradient descent. */
  public Exact() {
    this(Unroll.SGD);
  }

  @Override
  public Estimate estimate(Point point) {
    Ops tf = point.tf();
    UpperPass pass = point.upperPassAt(unroll.lowerAfter(point));
    Operand<TFloat32> moved = tf.math.mul(unroll.reach(point.step()), pass.byLower);
    return point.estimate(
        pass.byUpper, tf.math.neg(point.lowerPass().mixedSecondDerivative(moved)), pass);
  }

  @Override
  public String id() {
    return "exact";
  }

  @Override
  public int backbonePasses() {
    return 6;
  }
}
