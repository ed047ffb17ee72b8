package org.bilora.step;

import org.bilora.method.AdaLora;

/**
 * What changes from step to step besides the batches.
 *
 * @param step counted from 0; also seeds the dropout
 * @param lowerLearningRate of V
 * @param upperLearningRate of E; ignored by a step that does not move it
 * @param xi length ξ of the unrolled step; ignored by a single-level step
 * @param lowerUpdates of V before this step, for AdamW's bias correction
 * @param upperUpdates of E before this step
 * @param allocation what AdaLoRA does about its budget; ignored by another method
 */
public record StepRates(
    long step,
    float lowerLearningRate,
    float upperLearningRate,
    float xi,
    long lowerUpdates,
    long upperUpdates,
    AdaLora.Allocation allocation) {

  /** Rates of a run in which every step updates either level once. */
  public StepRates(long step, float lowerLearningRate, float upperLearningRate, float xi) {
    this(step, lowerLearningRate, upperLearningRate, xi, step, step, AdaLora.Allocation.NONE);
  }
}
