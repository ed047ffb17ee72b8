package org.bilora.method;

import java.util.Objects;
import java.util.Optional;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.Level;
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
    implements BilevelMethod {
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
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL
        .adapterForm(settings)
        .map(direction -> new MagnitudeForm(direction, Level.UPPER));
  }
}
