package org.bilora.method;

import org.bilora.settings.Range;

/**
 * Plain LoRA, ΔW = (α/r) · B A, trained on the whole training set (Hu et al. 2021).
 *
 * @param dropout probability of dropping an input of the adapter while training
 */
public record Lora(double dropout) implements Method {
  public static final String NAME = "lora";

  /** Checks the range. */
  public Lora {
    Range.atLeastZeroBelowOne("dropout", dropout);
  }

  @Override
  public String name() {
    return NAME;
  }
}
