package org.bilora.bilevel;

import org.bilora.settings.Knob;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The implicit hypergradient with the inverse of H = ∂²L₁/∂V² as a Neumann series of K further
 * terms (Lorraine et al. 2020, arXiv 1911.02590), all at (V, E):
 *
 * <pre>
 * second term   − (∂²L₁/∂E∂V) Σ_{k=0..K} (I − s H)ᵏ s ∂L₂/∂V  →  − (∂²L₁/∂E∂V) H⁻¹ ∂L₂/∂V
 * </pre>
 *
 * <p>s is ξ, or AdamW's diagonal, which preconditions the series ({@link Unroll}). The limit is the
 * same; it exists where V is a minimum of L₁ and no curvature of s H exceeds 2. Training with AdamW
 * stays stable at curvatures above that, up to (2 + 2β₁)/(1 − β₁) of the steady s, 38 with β₁ =
 * 0.9: there the series grows with K, so the steady s wants few terms. Each term is a Hessian
 * product, 2 F: (6 + 2K) F.
 *
 * @param terms K, from 0 to 100; the graph grows with it
 * @param unroll s
 */
public record Neumann(
    @Knob(
            option = "--terms",
            label = "N",
            help = "Terms K of the series beyond the first, 0 to 100")
        int terms,
    @Knob(
            option = "--unroll",
            label = "KIND",
            help = "Length of its steps: sgd (ξ), or AdamW's: adamw, steady")
        Unroll unroll)
    implements Hypergradient {
  private static final int MOST_TERMS = 100;

  /** Checks the range. */
  public Neumann {
    if (terms < 0 || terms > MOST_TERMS) {
      throw new IllegalArgumentException(
          "terms is %d; it must be from 0 to %d".formatted(terms, MOST_TERMS));
    }
  }

  @Override
  public Estimate estimate(Point point) {
    Ops tf = point.tf();
    UpperPass pass = point.upperPassAt(point.lower());
    Operand<TFloat32> s = unroll.reach(point.step());
    Operand<TFloat32> term = tf.math.mul(s, pass.byLower);
    Operand<TFloat32> sum = term;
    for (int k = 0; k < terms; k++) {
      term = tf.math.sub(term, tf.math.mul(s, point.lowerPass().hessianProduct(term)));
      sum = tf.math.add(sum, term);
    }
    return point.estimate(
        pass.byUpper, tf.math.neg(point.lowerPass().mixedSecondDerivative(sum)), pass);
  }

  @Override
  public String id() {
    return "neumann";
  }

  @Override
  public int backbonePasses() {
    return 6 + 2 * terms;
  }
}
