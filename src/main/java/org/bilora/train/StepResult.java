package org.bilora.train;

/**
 * What one step reports, all measured before its updates.
 *
 * @param lowerLoss task loss on D1 (or on the training set), penalties left out; NaN for a step
 *     that met neither
 * @param upperLoss task loss on D2; NaN for a step that did not meet it
 * @param gradientNorm global norm of V's gradient before clipping; NaN when V was held
 * @param upperGradientNorm global norm of E's gradient (the hypergradient, in bi-level training)
 *     before clipping; NaN when E was held or there is none
 */
public record StepResult(
    float lowerLoss, float upperLoss, float gradientNorm, float upperGradientNorm) {}
