package org.bilora.export;

import java.io.IOException;

/** A model was not exported because what would be served is not what was trained. */
public final class ExportRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  ExportRefusedException(String message) {
    super(message);
  }
}
