package org.bilora.method;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.UpperVariables;

/**
 * LoRA's increments and the head on D1, and on D2 what they are trained by: variables of the upper
 * level that are no part of the network, and that the lower level cannot undo as P and Q can undo
 * BiLoRA's Λ. Only the increments and the head are needed once training has ended.
 */
public sealed interface UpperVariableMethod extends Method permits MetaWeight, MetaDecay {

  /** Estimator of dL2/dE. */
  Hypergradient hypergradient();

  /** Peak learning rate of E. */
  double upperLearningRate();

  /** Share of the training set that is D1; the rest is D2. */
  double lowerFraction();

  @Override
  Optional<UpperVariables> upperVariables(ParameterGroup lower);

  @Override
  default String variant() {
    return "%s %s".formatted(name(), Hypergradients.write(hypergradient()));
  }

  @Override
  default Optional<AdapterForm> adapterForm(AdapterSettings settings) {
    return Lora.USUAL.adapterForm(settings);
  }

  @Override
  default List<Phase> phases() {
    return List.of(counted());
  }

  @Override
  default Phase counted() {
    return new Phase(
        Phase.Part.D1_AND_D2,
        new StepKind.Bilevel(hypergradient(), 1, 1, OptionalDouble.empty()),
        1);
  }

  @Override
  default OptionalDouble d1Share() {
    return OptionalDouble.of(lowerFraction());
  }

  @Override
  default OptionalDouble peakUpperLearningRate() {
    return OptionalDouble.of(upperLearningRate());
  }

  @Override
  default int backbonePasses() {
    return hypergradient().backbonePasses();
  }
}
