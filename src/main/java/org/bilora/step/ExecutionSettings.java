package org.bilora.step;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.settings.Range;

/**
 * How the step is computed, which changes its speed and its last digits but not its meaning.
 *
 * @param precision of the matrix products
 * @param jit whether XLA compiles the step
 * @param prefixCache whether the states behind the frozen lower layers are kept; then there is no
 *     dropout in these. Empty for {@link PrefixCaching#AUTO}
 * @param accumulate parts of as many rows each that a batch is computed in, one after the other, so
 *     that the activations of one part alone are in memory; empty for all rows at once
 * @param recompute whether the activations within each layer are computed again for the gradient
 *     instead of being kept; empty for no
 */
public record ExecutionSettings(
    Precision precision,
    Jit jit,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<PrefixCaching> prefixCache,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        OptionalInt accumulate,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<Boolean> recompute) {

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

  /** Whether the states behind the layers below the lowest adapted one are computed only once. */
  public enum PrefixCaching {
    /** Where the layers to adapt were chosen. */
    AUTO,
    /** Wherever there are frozen layers below all that is trained. */
    ON,
    /** Never: every step computes all layers. */
    OFF
  }

  /** Checks that all are there. */
  public ExecutionSettings {
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(jit, "jit");
    prefixCache = prefixCache.filter(given -> given != PrefixCaching.AUTO);
    accumulate.ifPresent(parts -> Range.atLeast("accumulate", parts, 1));
    accumulate = accumulate.orElse(1) == 1 ? OptionalInt.empty() : accumulate;
    recompute = recompute.filter(Boolean::booleanValue);
  }

  /** With the usual choice of what is kept. */
  public ExecutionSettings(Precision precision, Jit jit) {
    this(precision, jit, Optional.empty(), OptionalInt.empty(), Optional.empty());
  }

  /** The same with another choice of what is kept. */
  public ExecutionSettings withPrefixCache(Optional<PrefixCaching> other) {
    return new ExecutionSettings(precision, jit, other, accumulate, recompute);
  }

  /** The same in so many parts. */
  public ExecutionSettings withAccumulate(int parts) {
    return new ExecutionSettings(precision, jit, prefixCache, OptionalInt.of(parts), recompute);
  }

  /** The same with activations kept or computed again. */
  public ExecutionSettings withRecompute(boolean again) {
    return new ExecutionSettings(precision, jit, prefixCache, accumulate, Optional.of(again));
  }

  /** The same in another precision. */
  public ExecutionSettings withPrecision(Precision other) {
    return new ExecutionSettings(other, jit, prefixCache, accumulate, recompute);
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
