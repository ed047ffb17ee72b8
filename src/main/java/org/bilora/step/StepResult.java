package org.bilora.step;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one step reports, all measured before its updates.
 *
 * @param lowerLoss task loss on D1 (or on the training set), penalties left out; empty for a step
 *     that met neither
 * @param upperLoss task loss on D2; empty for a step that did not meet it
 * @param lowerGradientNorm global norm of V's gradient before clipping; empty when V was held
 * @param upperGradientNorm global norm of E's gradient (the hypergradient, in bi-level training)
 *     before clipping; empty when E was held or there is none
 * @param terms of the hypergradient; empty for a step without one
 */
public record StepResult(
    OptionalDouble lowerLoss,
    OptionalDouble upperLoss,
    OptionalDouble lowerGradientNorm,
    OptionalDouble upperGradientNorm,
    Optional<Terms> terms) {

  /**
   * How much the hypergradient's second term matters, mean over the step's upper steps.
   *
   * @param ratio of its norm to that of the first term
   * @param cosine of the angle between the two
   */
  public record Terms(double ratio, double cosine) {}
}
