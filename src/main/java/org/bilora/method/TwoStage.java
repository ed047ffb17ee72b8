package org.bilora.method;

import java.util.Objects;
import org.bilora.adapter.Lambda;
import org.bilora.settings.Range;

/**
 * A control for BiLoRA (arXiv 2403.13037) without the alternation: first V on D1 with Λ as it
 * starts, then E on D2 with V frozen.
 *
 * <pre>
 * first stage   V: min C(V, E₀; D1) + γ₁ R₁(V)
 * second stage  E: min C(V*, E; D2) + γ₂ R₂(E)
 * </pre>
 *
 * As many steps in all as a method takes that trains on the whole training set; each stage has a
 * schedule of its own. The best epoch may be one of the first stage.
 *
 * @param lambda parameterisation of Λ
 * @param upperLearningRate peak learning rate of E, in the second stage
 * @param gamma1 weight of R1
 * @param gamma2 weight of R2
 * @param lowerFraction share of the training set that is D1; the rest is D2
 * @param secondStageShare share of all steps that the second stage takes
 */
public record TwoStage(
    Lambda lambda,
    double upperLearningRate,
    double gamma1,
    double gamma2,
    double lowerFraction,
    double secondStageShare)
    implements PseudoSvdMethod {
  public static final String NAME = "two-stage";

  /** Checks the ranges. */
  public TwoStage {
    Objects.requireNonNull(lambda, "lambda");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
    Range.betweenZeroAndOne("secondStageShare", secondStageShare);
  }

  @Override
  public String name() {
    return NAME;
  }
}
