package org.bilora.train;

/**
 * What changes from step to step besides the batches.
 *
 * @param step counted from 0; also seeds the dropout
 * @param lowerLearningRate of V
 * @param upperLearningRate of E; ignored by a single-level method
 * @param xi length ξ of the unrolled step; ignored by a single-level method
 */
public record StepRates(long step, float lowerLearningRate, float upperLearningRate, float xi) {}
