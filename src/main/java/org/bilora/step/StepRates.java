package org.bilora.step;

/**
 * What changes from step to step besides the batches.
 *
 * @param step counted from 0; also seeds the dropout
 * @param steps of the whole run
 * @param lowerLearningRate of V
 * @param upperLearningRate of E; ignored by a step that does not move it
 * @param xi length ξ of the unrolled step; ignored by a single-level step
 * @param lowerUpdates of V before this step, for AdamW's bias correction
 * @param upperUpdates of E before this step
 */
public record StepRates(
    long step,
    long steps,
    float lowerLearningRate,
    float upperLearningRate,
    float xi,
    long lowerUpdates,
    long upperUpdates) {

  /** Rates of the first step of a long run in which every step updates either level once. */
  public StepRates(long step, float lowerLearningRate, float upperLearningRate, float xi) {
    this(step, Long.MAX_VALUE, lowerLearningRate, upperLearningRate, xi, step, step);
  }
}
