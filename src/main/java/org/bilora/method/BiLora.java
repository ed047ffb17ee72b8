package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Hypergradient;
import org.bilora.settings.Range;

/**
 * BiLoRA, ΔW = (α/r) · P Λ Q: P, Q and the head on D1, Λ on D2 (arXiv 2403.13037).
 *
 * @param lambda parameterisation of Λ
 * @param hypergradient estimator of dL2/dE
 * @param lowerSteps T1, lower steps per iteration
 * @param upperSteps T2, upper steps per iteration
 * @param upperLearningRate peak learning rate of E
 * @param gamma1 weight of R1, the orthogonality of P and Q
 * @param gamma2 weight of R2, which pushes an approximately binary λ to 0 or 1
 * @param lowerFraction share of the training set that is D1; the rest is D2
 * @param xi length of the unrolled step; empty for the lower level's current learning rate
 * @param lastPhaseShare share of all steps, at the end, in which Λ is frozen and V trained on the
 *     whole training set; empty for none
 */
public record BiLora(
    Lambda lambda,
    Hypergradient hypergradient,
    int lowerSteps,
    int upperSteps,
    double upperLearningRate,
    double gamma1,
    double gamma2,
    double lowerFraction,
    OptionalDouble xi,
    @JsonProperty(required = false) OptionalDouble lastPhaseShare)
    implements PseudoSvdMethod {
  public static final String NAME = "bilora";

  /** Checks the ranges. */
  public BiLora {
    Objects.requireNonNull(lambda, "lambda");
    Objects.requireNonNull(hypergradient, "hypergradient");
    Range.atLeast("lowerSteps", lowerSteps, 1);
    Range.atLeast("upperSteps", upperSteps, 1);
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
    xi.ifPresent(length -> Range.positive("xi", length));
    lastPhaseShare.ifPresent(share -> Range.betweenZeroAndOne("lastPhaseShare", share));
  }

  /** Without a last phase. */
  public BiLora(
      Lambda lambda,
      Hypergradient hypergradient,
      int lowerSteps,
      int upperSteps,
      double upperLearningRate,
      double gamma1,
      double gamma2,
      double lowerFraction,
      OptionalDouble xi) {
    this(
        lambda,
        hypergradient,
        lowerSteps,
        upperSteps,
        upperLearningRate,
        gamma1,
        gamma2,
        lowerFraction,
        xi,
        OptionalDouble.empty());
  }

  /** The same with another estimator. */
  public BiLora withHypergradient(Hypergradient other) {
    return new BiLora(
        lambda,
        other,
        lowerSteps,
        upperSteps,
        upperLearningRate,
        gamma1,
        gamma2,
        lowerFraction,
        xi,
        lastPhaseShare);
  }

  @Override
  public String name() {
    return NAME;
  }
}
