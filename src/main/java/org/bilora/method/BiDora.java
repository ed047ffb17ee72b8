package org.bilora.method;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.Level;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * BiDoRA (Qin et al. 2024, arXiv 2410.09758): DoRA on two levels, directions and the head on D1,
 * magnitudes on D2. Without the paper's orthogonality term and its retraining on all data.
 *
 * @param hypergradient estimator of dL2/dm
 * @param upperLearningRate peak learning rate of the magnitudes
 * @param lowerFraction share of the training set that is D1; the rest is D2
 */
public record BiDora(
    @Knob(
            option = "--hypergradient",
            label = "KIND",
            help = BiLora.HYPERGRADIENT_HELP,
            family = Hypergradients.class)
        Hypergradient hypergradient,
    @Knob(option = "--upper-lr", help = PseudoSvdMethod.UPPER_RATE_HELP) double upperLearningRate,
    @Knob(option = "--split", help = PseudoSvdMethod.SPLIT_HELP) double lowerFraction)
    implements Method {
  /** Its name. */
  public static final String NAME = "bidora";

  /** BiLoRA's estimator, rate and split. */
  public static final BiDora USUAL =
      new BiDora(
          new Exact(Unroll.STEADY), BiLora.USUAL.upperLearningRate(), BiLora.USUAL.lowerFraction());

  /** Checks the ranges. */
  public BiDora {
    Objects.requireNonNull(hypergradient, "hypergradient");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "dora on two levels, the magnitudes on D2";
  }

  @Override
  public String variant() {
    return "%s %s".formatted(NAME, Hypergradients.write(hypergradient));
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL
        .adapterForm(settings)
        .map(direction -> new MagnitudeForm(direction, Level.UPPER));
  }

  @Override
  public List<Phase> phases() {
    return List.of(counted());
  }

  @Override
  public Phase counted() {
    return new Phase(
        Phase.Part.D1_AND_D2, new StepKind.Bilevel(hypergradient, 1, 1, OptionalDouble.empty()), 1);
  }

  @Override
  public OptionalDouble d1Share() {
    return OptionalDouble.of(lowerFraction);
  }

  @Override
  public OptionalDouble peakUpperLearningRate() {
    return OptionalDouble.of(upperLearningRate);
  }

  @Override
  public int backbonePasses() {
    return hypergradient.backbonePasses();
  }
}
