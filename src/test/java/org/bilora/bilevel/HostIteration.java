package org.bilora.bilevel;

import java.util.Arrays;
import org.bilora.autodiff.Parameter;
import org.bilora.autodiff.ParameterGroup;
import org.bilora.optim.AdamW;
import org.bilora.optim.ReferenceAdamW;

/**
 * Bi-level iterations one step after the other: each gradient is asked for on its own, and the host
 * applies it in double precision.
 */
public final class HostIteration {
  /** Where the steps get their gradients from. */
  public interface Gradients {
    /** ∇_V L₁(V, E). */
    double[] lower(int batch, double[] v, double[] e);

    /** The part of ∇_V L₁(V, E) that is clipped by its own norm; none unless there is one. */
    default double[] lowerPenalty(int batch, double[] v, double[] e) {
      return new double[v.length];
    }

    /**
     * The hypergradient.
     *
     * @param v where L₁ is unrolled from
     * @param updated V after the optimizer's lower step
     */
    double[] upper(int lowerBatch, int upperBatch, double[] v, double[] e, double[] updated);
  }

  private final Gradients gradients;
  private final ReferenceAdamW lower;
  private final ReferenceAdamW upper;

  /**
   * Starts from given values with moments of 0.
   *
   * @param maxNorm of clipping, at both levels
   */
  public HostIteration(
      Gradients gradients,
      AdamW adam,
      double maxNorm,
      BilevelProblem problem,
      float[] lowerStart,
      float[] upperStart) {
    this.gradients = gradients;
    this.lower = level(adam, maxNorm, problem.lowerGroup(), lowerStart);
    this.upper = level(adam, maxNorm, problem.upperGroup(), upperStart);
  }

  private static ReferenceAdamW level(
      AdamW adam, double maxNorm, ParameterGroup group, float[] start) {
    boolean[] decayed = new boolean[group.size()];
    int offset = 0;
    for (Parameter parameter : group.parameters()) {
      Arrays.fill(decayed, offset, offset + parameter.size(), parameter.decayed());
      offset += parameter.size();
    }
    return new ReferenceAdamW(adam, maxNorm, decayed, Differences.doubles(start));
  }

  /** T₁ lower and T₂ upper steps. */
  public void run(int lowerSteps, int upperSteps, double lowerRate, double upperRate) {
    double[] before = lower.values();
    for (int batch = 0; batch < lowerSteps; batch++) {
      before = lower.values();
      double[] task = gradients.lower(batch, before, upper.values());
      double[] penalty = gradients.lowerPenalty(batch, before, upper.values());
      for (int i = 0; i < task.length; i++) {
        task[i] -= penalty[i];
      }
      lower.update(task, penalty, lowerRate);
    }
    for (int batch = 0; batch < upperSteps; batch++) {
      upper.update(
          gradients.upper(lowerSteps - 1, batch, before, upper.values(), lower.values()),
          upperRate);
      // The first upper step unrolls the lower step just made, further ones start from its end.
      before = lower.values();
    }
  }

  /** V. */
  public double[] lower() {
    return lower.values();
  }

  /** E. */
  public double[] upper() {
    return upper.values();
  }
}
