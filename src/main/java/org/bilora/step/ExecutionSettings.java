package org.bilora.step;

import java.util.Objects;

/** How the step is computed, which changes its speed and its last digits but not its meaning. */
public record ExecutionSettings(Precision precision, Jit jit) {

  /** Number format of the matrix products. */
  public enum Precision {
    /** 32-bit floats throughout. */
    F32,
    /** Products in bfloat16, values and sums in 32 bits. */
    BF16
  }

  /** Whether XLA compiles the step. */
  public enum Jit {
    /**
     * On a GPU. On processors XLA's step was measured to be at most 4 % faster, in bfloat16 far
     * slower, and its first run to take twice as long: benchmarks/step.
     */
    AUTO,
    /** Always; one compilation per batch shape. */
    ON,
    /** Never. */
    OFF
  }

  /** Checks that both are there. */
  public ExecutionSettings {
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(jit, "jit");
  }

  /** Whether XLA compiles the step on this machine. */
  public boolean compiled() {
    return switch (jit) {
      case AUTO -> !TensorFlowDevices.gpus().isEmpty();
      case ON -> true;
      case OFF -> false;
    };
  }
}
