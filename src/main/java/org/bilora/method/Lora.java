package org.bilora.method;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * Plain LoRA, ΔW = s · B A, trained on the whole training set (Hu et al. 2021).
 *
 * @param dropout probability of dropping an input of the adapter while training
 * @param scale what s is; empty for α/r
 * @param start what B and A start from; empty for B zero
 * @param leftRate B's learning rate as a multiple of A's (LoRA+, Hayou et al. 2024); empty for the
 *     same
 */
public record Lora(
    @Knob(option = "--adapter-dropout", help = Lora.DROPOUT_HELP) double dropout,
    @Knob(
            option = "--lora-scale",
            label = "KIND",
            help =
                "Increments are scaled by alpha / rank (rank) or alpha / √rank (rank-root: rsLoRA)",
            unset = "rank")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<RankScale> scale,
    @Knob(
            option = "--lora-start",
            label = "KIND",
            help =
                "What increments start from: zero, or pissa (the weight's largest singular values, which are then trained)",
            unset = "zero")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<LoraStart> start,
    @Knob(
            option = "--lora-plus",
            help = "LoRA+: learning rate of B as a multiple of A's, such as 16",
            unset = "1")
        @JsonProperty(required = false)
        @JsonInclude(JsonInclude.Include.NON_ABSENT)
        OptionalDouble leftRate)
    implements Method {
  /** What {@code --adapter-dropout} means. */
  static final String DROPOUT_HELP = "Probability of dropping an input of an increment";

  /** Its name. */
  public static final String NAME = "lora";

  /** Without dropout of its own: the model's is on. */
  public static final Lora USUAL = new Lora(0);

  /** Checks the ranges. */
  public Lora {
    Range.atLeastZeroBelowOne("dropout", dropout);
    leftRate.ifPresent(multiple -> Range.positive("leftRate", multiple));
    scale = scale.filter(given -> given != RankScale.RANK);
    start = start.filter(given -> given != LoraStart.ZERO);
    leftRate = leftRate.orElse(1) == 1 ? OptionalDouble.empty() : leftRate;
  }

  /** As it was published. */
  public Lora(double dropout) {
    this(dropout, Optional.empty(), Optional.empty(), OptionalDouble.empty());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "increments B A";
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    double s = scale.orElse(RankScale.RANK).of(settings);
    double multiple = leftRate.orElse(1);
    return Optional.of(
        start.orElse(LoraStart.ZERO) == LoraStart.PISSA
            ? new PrincipalForm(settings.rank(), s, multiple)
            : new ProductForm(settings.rank(), s, multiple));
  }

  @Override
  public double inputDropoutProbability() {
    return dropout;
  }
}
