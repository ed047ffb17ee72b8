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

  /** One update. */
  public void update(double[] gradient, double learningRate) {
    double norm = 0;
    for (double g : gradient) {
      norm += g * g;
    }
    norm = Math.sqrt(norm);
    updates++;
    for (int i = 0; i < values.length; i++) {
      double g = gradient[i];
      if (maxNorm > 0 && norm > maxNorm) {
        g = g * maxNorm / norm;
      }
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
