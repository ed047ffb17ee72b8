package org.bilora.method;

import java.util.Objects;
import org.bilora.adapter.Lambda;
import org.bilora.settings.Range;

/**
 * A control for BiLoRA: the same increments (α/r) · P Λ Q and regularisers, but V and E trained
 * together on the whole training set,
 *
 * <pre>
 * min over V, E:  C(V, E; D1 ∪ D2) + γ₁ R₁(V) + γ₂ R₂(E)
 * </pre>
 *
 * with one step of both per batch. What BiLoRA (arXiv 2403.13037, equations 3 to 5) has beyond it
 * is the bi-level part alone. Each of V and E is clipped and moved as in BiLoRA.
 *
 * @param lambda parameterisation of Λ
 * @param upperLearningRate peak learning rate of E
 * @param gamma1 weight of R1
 * @param gamma2 weight of R2
 */
public record JointTraining(Lambda lambda, double upperLearningRate, double gamma1, double gamma2)
    implements PseudoSvdMethod {
  public static final String NAME = "joint";

  /** Checks the ranges. */
  public JointTraining {
    Objects.requireNonNull(lambda, "lambda");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
  }

  @Override
  public String name() {
    return NAME;
  }
}
