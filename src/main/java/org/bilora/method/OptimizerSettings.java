package org.bilora.method;

import org.bilora.settings.Range;

/**
 * AdamW, its linear schedule and clipping, of both levels.
 *
 * @param learningRate peak learning rate of the lower level (or the only one)
 * @param weightDecay decoupled, times the learning rate
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param warmupRatio share of all steps over which the rate grows linearly from 0
 * @param clipNorm largest global gradient norm; 0 leaves gradients as they are
 */
public record OptimizerSettings(
    double learningRate,
    double weightDecay,
    double beta1,
    double beta2,
    double epsilon,
    double warmupRatio,
    double clipNorm) {

  /** Checks the ranges. */
  public OptimizerSettings {
    Range.positive("learningRate", learningRate);
    Range.notNegative("weightDecay", weightDecay);
    Range.atLeastZeroBelowOne("beta1", beta1);
    Range.atLeastZeroBelowOne("beta2", beta2);
    Range.positive("epsilon", epsilon);
    Range.atLeastZeroBelowOne("warmupRatio", warmupRatio);
    Range.notNegative("clipNorm", clipNorm);
  }
}
