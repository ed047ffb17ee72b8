package org.bilora.text.graph;

/**
 * A tokenizer has a step that a graph of core operations cannot do exactly; the message names it.
 */
public final class UnsupportedTokenizerException extends Exception {
  private static final long serialVersionUID = 1L;

  UnsupportedTokenizerException(String message) {
    super(message);
  }
}
