package org.bilora.method;

/**
 * Full fine-tuning: every weight of the backbone and the head, on the whole training set (Devlin et
 * al. 2019, section 4). No adapters; weight decay spares biases and layer normalisation.
 */
public record FullFineTuning() implements Method {
  /** Its name. */
  public static final String NAME = "full";

  /** The one there is. */
  public static final FullFineTuning USUAL = new FullFineTuning();

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "every weight";
  }

  @Override
  public Trains trains() {
    return Trains.EVERY_WEIGHT;
  }

  /** The same for all weights as for few, but at the rate of BERT's fine-tuning. */
  @Override
  public OptimizerSettings usualOptimizer() {
    return OptimizerSettings.USUAL.withLearningRate(5e-5);
  }

  @Override
  public double usualGenerationLearningRate() {
    return usualOptimizer().learningRate();
  }

  /** A third pass forms the weights' gradients. */
  @Override
  public int backbonePasses() {
    return 3;
  }
}
