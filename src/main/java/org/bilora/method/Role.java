package org.bilora.method;

/** What a parameter of an adapted layer is. */
public enum Role {
  /** LoRA's and AdaLoRA's left matrix B, {@code [out, rank]}. */
  B("B"),
  /** LoRA's and AdaLoRA's right matrix A, {@code [rank, in]}. */
  A("A"),
  /** B₀, what LoRA's B started from where it is not zero, {@code [out, rank]}. */
  START_B("B0"),
  /** A₀, likewise, {@code [rank, in]}. */
  START_A("A0"),
  /** AdaLoRA's values E, {@code [rank]}. */
  E("E"),
  /** BiLoRA's left pseudo singular vectors P, {@code [out, rank]}. */
  P("P"),
  /** BiLoRA's right pseudo singular vectors Q, {@code [rank, in]}. */
  Q("Q"),
  /** The raw values e behind BiLoRA's Λ, {@code [rank]}. */
  RAW_LAMBDA("e"),
  /** DoRA's magnitudes m, {@code [out]}. */
  MAGNITUDE("m");

  private final String letter;

  Role(String letter) {
    this.letter = letter;
  }

  /** What a name ends with. */
  public String letter() {
    return letter;
  }
}
