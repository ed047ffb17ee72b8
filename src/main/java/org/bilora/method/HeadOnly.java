package org.bilora.method;

/** The head alone, on the whole training set: the backbone stays frozen and has no adapters. */
public record HeadOnly() implements Method {
  public static final String NAME = "head";

  @Override
  public String name() {
    return NAME;
  }
}
