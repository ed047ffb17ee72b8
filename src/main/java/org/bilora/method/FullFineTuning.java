package org.bilora.method;

/**
 * Full fine-tuning: every weight of the backbone and the head, on the whole training set (Devlin et
 * al. 2019, section 4). No adapters; weight decay spares biases and layer normalisation.
 */
public record FullFineTuning() implements Method {
  public static final String NAME = "full";

  @Override
  public String name() {
    return NAME;
  }
}
