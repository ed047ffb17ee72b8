package org.bilora.train;

/**
 * What one step reports, all measured before its updates.
 *
 * @param lowerLoss task loss without penalties on D1 (or on the training set)
 * @param upperLoss the same on D2; NaN for a single-level method
 * @param gradientNorm global norm of the lower gradient before clipping
 * @param upperGradientNorm global norm of the hypergradient before clipping; NaN for a single-level
 *     method
 */
public record StepResult(
    float lowerLoss, float upperLoss, float gradientNorm, float upperGradientNorm) {}
