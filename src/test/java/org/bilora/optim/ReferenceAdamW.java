package org.bilora.optim;

/** Clipping and AdamW one parameter at a time, in double precision. */
public final class ReferenceAdamW {
  private final AdamW settings;
  private final double maxNorm;
  private final boolean[] decayed;
  private final double[] values;
  private final double[] first;
  private final double[] second;
  private int updates;

  /**
   * Starts with moments of 0.
   *
   * @param maxNorm 0 for no clipping
   * @param decayed where weight decay applies
   */
  public ReferenceAdamW(AdamW settings, double maxNorm, boolean[] decayed, double[] start) {
    this.settings = settings;
    this.maxNorm = maxNorm;
    this.decayed = decayed.clone();
    this.values = start.clone();
    this.first = new double[start.length];
    this.second = new double[start.length];
  }

  /** One update along a gradient that is clipped as one. */
  public void update(double[] gradient, double learningRate) {
    update(gradient, new double[gradient.length], learningRate);
  }

  /** One update along the sum of two gradients, each clipped by its own norm. */
  public void update(double[] task, double[] penalty, double learningRate) {
    double ofTask = factor(task);
    double ofPenalty = factor(penalty);
    updates++;
    for (int i = 0; i < values.length; i++) {
      double g = ofTask * task[i] + ofPenalty * penalty[i];
      first[i] = settings.beta1() * first[i] + (1 - settings.beta1()) * g;
      second[i] = settings.beta2() * second[i] + (1 - settings.beta2()) * g * g;
      double unbiasedFirst = first[i] / (1 - Math.pow(settings.beta1(), updates));
      double unbiasedSecond = second[i] / (1 - Math.pow(settings.beta2(), updates));
      double change = unbiasedFirst / (Math.sqrt(unbiasedSecond) + settings.epsilon());
      if (decayed[i]) {
        change += settings.weightDecay() * values[i];
      }
      values[i] -= learningRate * change;
    }
  }

  private double factor(double[] gradient) {
    double norm = 0;
    for (double g : gradient) {
      norm += g * g;
    }
    norm = Math.sqrt(norm);
    return maxNorm > 0 && norm > maxNorm ? maxNorm / norm : 1;
  }

  /** The parameters, a copy. */
  public double[] values() {
    return values.clone();
  }

  /** The first moments, a copy. */
  public double[] firstMoments() {
    return first.clone();
  }

  /** The second moments, a copy. */
  public double[] secondMoments() {
    return second.clone();
  }
}
