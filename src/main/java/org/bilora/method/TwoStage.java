package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.StepKind;
import org.bilora.settings.Knob;
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
 * @param scales what α and γ₁ are multiplied by; empty, as in older files, for the paper's
 */
public record TwoStage(
    @Knob(option = "--lambda", label = "KIND", help = LAMBDA_HELP) Lambda lambda,
    @Knob(option = "--upper-lr", help = UPPER_RATE_HELP) double upperLearningRate,
    @Knob(option = "--gamma1", help = GAMMA1_HELP) double gamma1,
    @Knob(option = "--gamma2", help = GAMMA2_HELP) double gamma2,
    @Knob(option = "--split", help = SPLIT_HELP) double lowerFraction,
    @Knob(option = "--second-stage", help = "Share of all steps that the second stage takes")
        double secondStageShare,
    @Knob(option = "--scales", label = "KIND", help = SCALES_HELP, unset = "paper")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Scales> scales)
    implements PseudoSvdMethod {
  /** Its name. */
  public static final String NAME = "two-stage";

  /** BiLoRA's rates and weights; as D2 is a fifth of the data, so is its stage of the steps. */
  public static final TwoStage USUAL =
      new TwoStage(
          BiLora.USUAL.lambda(),
          BiLora.USUAL.upperLearningRate(),
          BiLora.USUAL.gamma1(),
          BiLora.USUAL.gamma2(),
          BiLora.USUAL.lowerFraction(),
          0.2,
          BiLora.USUAL.scales());

  /** Checks the ranges. */
  public TwoStage {
    scales = scales.filter(given -> given != Scales.PAPER);
    Objects.requireNonNull(lambda, "lambda");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
    Range.betweenZeroAndOne("secondStageShare", secondStageShare);
  }

  /** With the paper's scales. */
  public TwoStage(
      Lambda lambda,
      double upperLearningRate,
      double gamma1,
      double gamma2,
      double lowerFraction,
      double secondStageShare) {
    this(
        lambda,
        upperLearningRate,
        gamma1,
        gamma2,
        lowerFraction,
        secondStageShare,
        Optional.empty());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "first P and Q on D1, then the pseudo singular values on D2";
  }

  @Override
  public List<Phase> phases() {
    return List.of(
        new Phase(Phase.Part.D1, new StepKind.MoveLower(), 1 - secondStageShare),
        new Phase(Phase.Part.D2, new StepKind.MoveUpper(), secondStageShare));
  }

  @Override
  public OptionalDouble d1Share() {
    return OptionalDouble.of(lowerFraction);
  }
}
