package org.bilora.method;

/** The head alone, on the whole training set: the backbone stays frozen and has no adapters. */
public record HeadOnly() implements Method {
  /** Its name. */
  public static final String NAME = "head";

  /** The one there is. */
  public static final HeadOnly USUAL = new HeadOnly();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "the head alone";
  }

  @Override
  public boolean trainsHeadAlone() {
    return true;
  }

  /** A rate for a layer or two that have to move on their own. */
  @Override
  public OptimizerSettings usualOptimizer() {
    return OptimizerSettings.USUAL.withLearningRate(1e-3);
  }

  @Override
  public int backbonePasses() {
    return 1;
  }
}
