package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.StepKind;
import org.bilora.settings.Knob;
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
 * @param scales what α and γ₁ are multiplied by; empty, as in older files, for the paper's
 */
public record JointTraining(
    @Knob(option = "--lambda", label = "KIND", help = LAMBDA_HELP) Lambda lambda,
    @Knob(option = "--upper-lr", help = UPPER_RATE_HELP) double upperLearningRate,
    @Knob(option = "--gamma1", help = GAMMA1_HELP) double gamma1,
    @Knob(option = "--gamma2", help = GAMMA2_HELP) double gamma2,
    @Knob(option = "--scales", label = "KIND", help = SCALES_HELP, unset = "paper")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Scales> scales)
    implements PseudoSvdMethod {
  /** Its name. */
  public static final String NAME = "joint";

  /** BiLoRA's usual rates and weights. */
  public static final JointTraining USUAL =
      new JointTraining(
          BiLora.USUAL.lambda(),
          BiLora.USUAL.upperLearningRate(),
          BiLora.USUAL.gamma1(),
          BiLora.USUAL.gamma2(),
          BiLora.USUAL.scales());

  /** Checks the ranges. */
  public JointTraining {
    scales = scales.filter(given -> given != Scales.PAPER);
    Objects.requireNonNull(lambda, "lambda");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
  }

  /** With the paper's scales. */
  public JointTraining(Lambda lambda, double upperLearningRate, double gamma1, double gamma2) {
    this(lambda, upperLearningRate, gamma1, gamma2, Optional.empty());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "bilora's increments on one level";
  }

  @Override
  public List<Phase> phases() {
    return List.of(Phase.whole(new StepKind.MoveBoth()));
  }

  /** V and E share one objective, so both penalties are in it. */
  @Override
  public List<Penalty> lowerPenalties(AdaptedLayers layers) {
    return ImmutableList.<Penalty>builder()
        .addAll(PseudoSvdMethod.super.lowerPenalties(layers))
        .addAll(upperPenalties(layers))
        .build();
  }
}
