package org.bilora.method;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.Unroll;
import org.bilora.bilevel.UpperVariables;
import org.bilora.bilevel.WeightDecays;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * LoRA with a ridge penalty of its own for every matrix of the increments and of the head, all
 * learned on D2 ({@link WeightDecays}): the hyper-parameter that fights overfitting, set while
 * training instead of by a search.
 *
 * @param hypergradient estimator of dL2/dE
 * @param upperLearningRate peak learning rate of the penalties' logarithms
 * @param decay weight of every penalty at the start
 * @param lowerFraction share of the training set that is D1; the rest is D2
 */
public record MetaDecay(
    @Knob(
            option = "--hypergradient",
            label = "KIND",
            help = BiLora.HYPERGRADIENT_HELP,
            family = Hypergradients.class)
        Hypergradient hypergradient,
    @Knob(option = "--upper-lr", help = PseudoSvdMethod.UPPER_RATE_HELP) double upperLearningRate,
    @Knob(option = "--start-decay", label = "X", help = "Weight decay of every matrix at the start")
        double decay,
    @Knob(option = "--split", help = PseudoSvdMethod.SPLIT_HELP) double lowerFraction)
    implements BilevelMethod {
  /** Its name. */
  public static final String NAME = "meta-decay";

  /** BiLoRA's estimator and split; logarithms take larger steps than values. */
  public static final MetaDecay USUAL =
      new MetaDecay(new Exact(Unroll.STEADY), 5e-2, 1e-3, BiLora.USUAL.lowerFraction());

  /** Checks the ranges. */
  public MetaDecay {
    Objects.requireNonNull(hypergradient, "hypergradient");
    Range.positive("upperLearningRate", upperLearningRate);
    Range.positive("decay", decay);
    Range.betweenZeroAndOne("lowerFraction", lowerFraction);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "lora with weight decays learned on D2, one for each matrix";
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL.adapterForm(settings);
  }

  @Override
  public Optional<UpperVariables> upperVariables(ParameterGroup lower, OptionalInt lowerExamples) {
    return Optional.of(WeightDecays.of(lower, decay));
  }
}
