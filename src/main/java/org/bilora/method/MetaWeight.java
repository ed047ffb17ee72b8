package org.bilora.method;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.LossWeights;
import org.bilora.bilevel.Unroll;
import org.bilora.bilevel.UpperVariables;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * LoRA on examples that weigh as much as D2 says: a small network makes an example's weight of its
 * loss (Meta-Weight-Net, Shu et al. 2019, arXiv 1902.07379; {@link LossWeights}). With wrong labels
 * in D1 and a clean D2 it learns to pass over what does not fit.
 *
 * @param hypergradient estimator of dL2/dE
 * @param upperLearningRate peak learning rate of the weighting network
 * @param hidden units of that network
 * @param lowerFraction share of the training set that is D1; the rest is D2
 */
public record MetaWeight(
    @Knob(
            option = "--hypergradient",
            label = "KIND",
            help = BiLora.HYPERGRADIENT_HELP,
            family = Hypergradients.class)
        Hypergradient hypergradient,
    @Knob(option = "--upper-lr", help = PseudoSvdMethod.UPPER_RATE_HELP) double upperLearningRate,
    @Knob(
            option = "--hidden",
            label = "N",
            help = "Hidden units of the network that makes an example's weight of its loss")
        int hidden,
    @Knob(option = "--split", help = PseudoSvdMethod.SPLIT_HELP) double lowerFraction)
    implements BilevelMethod {
  /** Its name. */
  public static final String NAME = "meta-weight";

  /** BiLoRA's estimator and split. */
  public static final MetaWeight USUAL =
      new MetaWeight(new Exact(Unroll.STEADY), 1e-2, 16, BiLora.USUAL.lowerFraction());

  /** The weighting network starts alike in every run; what differs is the data's order. */
  private static final long SEED = 1;

  /** Checks the ranges. */
  public MetaWeight {
    Objects.requireNonNull(hypergradient, "hypergradient");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.atLeast("hidden", hidden, 1);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "lora on examples whose weights are learned on D2";
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL.adapterForm(settings);
  }

  @Override
  public Optional<UpperVariables> upperVariables(ParameterGroup lower, OptionalInt lowerExamples) {
    return Optional.of(new LossWeights(hidden, SEED));
  }
}
