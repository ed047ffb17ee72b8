package org.bilora.method;

import org.bilora.bilevel.LevelOptimizer;
import org.bilora.optim.AdamW;
import org.bilora.optim.GlobalNormClipping;
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

  /** AdamW at LoRA's rate for GLUE, 5e-4, after 6% warm-up; gradients clipped at norm 1. */
  public static final OptimizerSettings USUAL =
      new OptimizerSettings(5e-4, 0.01, 0.9, 0.999, 1e-8, 0.06, 1);

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

  /** The same at another peak rate. */
  public OptimizerSettings withLearningRate(double other) {
    return new OptimizerSettings(other, weightDecay, beta1, beta2, epsilon, warmupRatio, clipNorm);
  }

  /** AdamW and clipping, without their schedule. */
  public LevelOptimizer optimizer() {
    return new LevelOptimizer(
        new AdamW(beta1, beta2, epsilon, weightDecay), new GlobalNormClipping(clipNorm));
  }
}
