package org.bilora.text;

import java.io.IOException;

/**
 * A tokenizer's files say what cannot be, or what is not done here; the message does not name them.
 */
final class DefinitionException extends IOException {
  private static final long serialVersionUID = 1;

  DefinitionException(String message) {
    super(message);
  }
}
