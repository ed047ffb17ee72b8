package org.bilora.doctor;

import org.bilora.step.ExecutionSettings.Precision;

/**
 * The precision that matrix products are faster in on this machine.
 *
 * @param precision to train in
 * @param reason what was measured, for people
 */
public record PrecisionChoice(Precision precision, String reason) {

  /** Takes products in either type in turn for a second; bfloat16 has to be a tenth faster. */
  public static PrecisionChoice measured() {
    return of(Bfloat16Check.measure());
  }

  static PrecisionChoice of(Bfloat16Check.Measured measured) {
    return new PrecisionChoice(
        measured.worthIt() ? Precision.BF16 : Precision.F32,
        measured
            .problem()
            .map(problem -> "bf16 " + problem)
            .orElseGet(
                () ->
                    "products reach %.0f GFLOP/s in bf16 and %.0f in f32"
                        .formatted(measured.brief(), measured.single())));
  }
}
