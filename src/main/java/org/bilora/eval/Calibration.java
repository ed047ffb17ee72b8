package org.bilora.eval;

/**
 * How far a classifier's probabilities are from how often it is right.
 *
 * <p>The expected calibration error (Naeini et al. 2015; with 15 bins Guo et al. 2017, equation 3):
 * examples are sorted into M bins of equal width by the probability p̂ of the class that they are
 * given,
 *
 * <pre>
 * ECE = Σ_m |B_m| / n · | accuracy(B_m) − mean p̂ in B_m |
 * </pre>
 */
public final class Calibration {
  private static final int BINS = 15;

  private Calibration() {}

  /**
   * The expected calibration error with {@value #BINS} bins; a probability on a border belongs to
   * the bin below.
   *
   * @param logits {@code [example][class]}
   * @param expected class indices
   * @return from 0 to 1; NaN when a logit is NaN or there is no example
   */
  public static double expectedError(float[][] logits, double[] expected) {
    if (logits.length != expected.length) {
      throw new IllegalArgumentException(
          "%d rows of logits and %d classes; they must be equally many"
              .formatted(logits.length, expected.length));
    }
    double[] confidence = new double[BINS];
    double[] right = new double[BINS];
    for (int i = 0; i < logits.length; i++) {
      int likeliest = 0;
      for (int k = 1; k < logits[i].length; k++) {
        likeliest = logits[i][k] > logits[i][likeliest] ? k : likeliest;
      }
      double sum = 0;
      for (float logit : logits[i]) {
        sum += Math.exp((double) logit - logits[i][likeliest]);
      }
      double probability = 1 / sum;
      if (Double.isNaN(probability)) {
        return Double.NaN;
      }
      int bin = Math.max(0, (int) Math.ceil(probability * BINS) - 1);
      confidence[bin] += probability;
      right[bin] += likeliest == expected[i] ? 1 : 0;
    }
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(right[bin] - confidence[bin]);
    }
    return error / logits.length;
  }
}
