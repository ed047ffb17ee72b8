package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.settings.Knob;
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
 *     whole training set; empty, as in older files, or 0 for none
 * @param scales what α and γ₁ are multiplied by; empty, as in older files, for the paper's
 */
@RecordBuilder
public record BiLora(
    @Knob(option = "--lambda", label = "KIND", help = LAMBDA_HELP) Lambda lambda,
    @Knob(
            option = "--hypergradient",
            label = "KIND",
            help = BiLora.HYPERGRADIENT_HELP,
            family = Hypergradients.class)
        Hypergradient hypergradient,
    @Knob(option = "--lower-steps", label = "N", help = "T1, lower steps per iteration")
        int lowerSteps,
    @Knob(option = "--upper-steps", label = "N", help = "T2, upper steps per iteration")
        int upperSteps,
    @Knob(option = "--upper-lr", help = UPPER_RATE_HELP) double upperLearningRate,
    @Knob(option = "--gamma1", help = GAMMA1_HELP) double gamma1,
    @Knob(option = "--gamma2", help = GAMMA2_HELP) double gamma2,
    @Knob(option = "--split", help = SPLIT_HELP) double lowerFraction,
    @Knob(
            option = "--xi",
            help = "Length of the unrolled lower step",
            unset = "the lower level's current learning rate")
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble xi,
    @Knob(
            option = "--last-phase",
            help =
                "Share of all steps, at the end, in which the pseudo singular values are frozen and the rest is trained on the whole training set; 0 for none, as is usual where D2 is a file of its own (generation)",
            absent = "0")
        @JsonProperty(required = false)
        @RecordBuilder.Initializer(source = OptionalDouble.class, value = "empty")
        OptionalDouble lastPhaseShare,
    @Knob(option = "--scales", label = "KIND", help = SCALES_HELP, unset = "paper")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Scales> scales)
    implements PseudoSvdMethod {
  /** What {@code --hypergradient} means. */
  static final String HYPERGRADIENT_HELP = "Estimator of the hypergradient";

  /** T1 and T2: every step of an iteration is a part of one compiled function. */
  private static final int MOST_STEPS = 1000;

  /** Its name. */
  public static final String NAME = "bilora";

  /**
   * One exact upper step per lower step, through AdamW; softmax Λ. In the last phase V meets D2,
   * without which a fifth of the data is lost to it: that gained 0.6 to 3.3 points in long runs on
   * few data ({@code benchmarks/overfitting*}).
   */
  public static final BiLora USUAL =
      BiLoraBuilder.builder()
          .lambda(Lambda.SOFTMAX)
          .hypergradient(new Exact(Unroll.STEADY))
          .lowerSteps(1)
          .upperSteps(1)
          .upperLearningRate(5e-3)
          .gamma1(0.1)
          .gamma2(0.1)
          .lowerFraction(0.8)
          .lastPhaseShare(OptionalDouble.of(0.3))
          .scales(Optional.of(Scales.PER_VECTOR))
          .build();

  /** The same with the first-order hypergradient. */
  public static final BiLora FIRST_ORDER = USUAL.withHypergradient(new FirstOrder());

  /** Checks the ranges. */
  public BiLora {
    scales = scales.filter(given -> given != Scales.PAPER);
    lastPhaseShare =
        lastPhaseShare.isPresent() && lastPhaseShare.getAsDouble() == 0
            ? OptionalDouble.empty()
            : lastPhaseShare;
    Objects.requireNonNull(lambda, "lambda");
    Objects.requireNonNull(hypergradient, "hypergradient");
    Range.atLeast("lowerSteps", lowerSteps, 1);
    Range.atMost("lowerSteps", lowerSteps, MOST_STEPS);
    Range.atLeast("upperSteps", upperSteps, 1);
    Range.atMost("upperSteps", upperSteps, MOST_STEPS);
    Range.positive("upperLearningRate", upperLearningRate);
    Range.notNegative("gamma1", gamma1);
    Range.notNegative("gamma2", gamma2);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
    xi.ifPresent(length -> Range.positive("xi", length));
    lastPhaseShare.ifPresent(share -> Range.betweenZeroAndOne("lastPhaseShare", share));
  }

  /** The same with another estimator. */
  public BiLora withHypergradient(Hypergradient other) {
    return BiLoraBuilder.builder(this).hypergradient(other).build();
  }

  @Override
  public String name() {
    return NAME;
  }

  /** Without a last phase: V learns from the whole training file as it is. */
  @Override
  public BiLora usualForGeneration() {
    return BiLoraBuilder.builder(this).lastPhaseShare(OptionalDouble.empty()).build();
  }

  @Override
  public String summary() {
    return "increments P Λ Q on two levels";
  }

  @Override
  public String variant() {
    return "%s %s".formatted(NAME, Hypergradients.write(hypergradient));
  }

  @Override
  public List<Phase> phases() {
    double last = lastPhaseShare.orElse(0);
    return List.of(
        new Phase(counted().part(), counted().kind(), 1 - last),
        new Phase(Phase.Part.TRAINING_SET, new StepKind.MoveLower(), last));
  }

  @Override
  public Phase counted() {
    return new Phase(
        Phase.Part.D1_AND_D2, new StepKind.Bilevel(hypergradient, lowerSteps, upperSteps, xi), 1);
  }

  @Override
  public OptionalDouble d1Share() {
    return OptionalDouble.of(lowerFraction);
  }

  @Override
  public int backbonePasses() {
    if (lowerSteps != 1 || upperSteps != 1) {
      throw new IllegalArgumentException(
          "lowerSteps is %d and upperSteps %d; a step is counted for 1 and 1"
              .formatted(lowerSteps, upperSteps));
    }
    return hypergradient.backbonePasses();
  }
}
