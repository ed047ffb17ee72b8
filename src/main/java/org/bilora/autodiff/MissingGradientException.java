package org.bilora.autodiff;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** A loss cannot be differentiated because TensorFlow has no gradient for some operations. */
public final class MissingGradientException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;
  private final transient List<String> operations;

  MissingGradientException(List<String> operations) {
    super(
        "no gradient is registered for "
            + String.join(", ", operations)
            + "; replace these operations in the forward pass, or register a gradient with"
            + " TensorFlow.registerCustomGradient before building the step");
    this.operations = ImmutableList.copyOf(operations);
  }

  /** Type and name of each operation, such as {@code "Qr (encoder/qr)"}. */
  public List<String> operations() {
    return operations;
  }
}
