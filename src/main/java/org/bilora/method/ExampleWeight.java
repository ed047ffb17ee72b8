package org.bilora.method;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.ExampleWeights;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.Unroll;
import org.bilora.bilevel.UpperVariables;
import org.bilora.settings.Knob;
import org.bilora.settings.Range;

/**
 * LoRA on examples each of which has a weight of its own, learned on D2 ({@link ExampleWeights},
 * Ren et al. 2018, arXiv 1803.09050): with wrong labels in D1 and a clean D2 the wrong ones lose
 * theirs. {@link MetaWeight} makes weights of losses instead, which a few examples suffice to
 * learn.
 *
 * @param hypergradient estimator of dL2/dE
 * @param upperLearningRate peak learning rate of the weights' logits
 * @param lowerFraction share of the training set that is D1; the rest is D2
 */
public record ExampleWeight(
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
  public static final String NAME = "example-weight";

  /** BiLoRA's estimator and split; a weight moves only when its example was met, so far. */
  public static final ExampleWeight USUAL =
      new ExampleWeight(new Exact(Unroll.STEADY), 5e-2, BiLora.USUAL.lowerFraction());

  /** Checks the ranges. */
  public ExampleWeight {
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
    return "lora with a weight of every training example learned on D2";
  }

  @Override
  public boolean knowsExamplesOfD1() {
    return true;
  }

  @Override
  public Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL.adapterForm(settings);
  }

  @Override
  public Optional<UpperVariables> upperVariables(ParameterGroup lower, OptionalInt lowerExamples) {
    return Optional.of(
        new ExampleWeights(
            lowerExamples.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "method is '%s', which has to know how many examples D1 has: set lowerExamples"
                            .formatted(NAME)))));
  }
}
