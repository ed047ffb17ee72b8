package org.bilora.method;

import java.util.List;
import java.util.OptionalDouble;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Hypergradients;
import org.bilora.bilevel.StepKind;

/**
 * One lower step on D1 and one upper step on D2 per iteration, with a hypergradient between them;
 * the methods differ in what the two levels train.
 */
public sealed interface BilevelMethod extends Method
    permits BiDora, MetaWeight, MetaDecay, ExampleWeight {

  /** Estimator of dL2/dE. */
  Hypergradient hypergradient();

  /** Peak learning rate of E. */
  double upperLearningRate();

  /** Share of the training set that is D1; the rest is D2. */
  double lowerFraction();

  @Override
  default String variant() {
    return "%s %s".formatted(name(), Hypergradients.write(hypergradient()));
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
