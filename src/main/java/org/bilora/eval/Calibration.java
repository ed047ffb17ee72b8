package org.bilora.eval;

import com.google.common.primitives.Doubles;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How far a model's probabilities are from how often it is right.
 *
 * <p>The expected calibration error (Naeini et al. 2015; with 15 bins Guo et al. 2017, equation 3):
 * decisions are sorted into M bins of equal width by the probability p̂ of what was decided,
 *
 * <pre>
 * ECE = Σ_m |B_m| / n · | accuracy(B_m) − mean p̂ in B_m |
 * </pre>
 *
 * @param bins from the least sure decisions to the surest
 */
public record Calibration(List<Bin> bins) {
  private static final int BINS = 15;

  /**
   * Decisions whose probability is in one interval; one on a border belongs to the bin below.
   *
   * @param from where the interval begins
   * @param to where it ends
   * @param count |B_m|
   * @param confidence sum of the probabilities
   * @param right how many are right
   */
  public record Bin(double from, double to, long count, double confidence, long right) {

    /** Mean p̂; NaN of an empty bin. */
    public double meanConfidence() {
      return confidence / count;
    }

    /** Share that is right; NaN of an empty bin. */
    public double accuracy() {
      return (double) right / count;
    }
  }

  /** Copies the list. */
  public Calibration {
    bins = List.copyOf(bins);
  }

  /** Takes decisions one by one. */
  public static final class Builder {
    private final double[] confidence = new double[BINS];
    private final long[] count = new long[BINS];
    private final long[] right = new long[BINS];
    private boolean undefined;

    /**
     * Adds a decision.
     *
     * @param probability of what was decided; with a NaN the error is NaN
     */
    public void add(double probability, boolean isRight) {
      if (Double.isNaN(probability)) {
        undefined = true;
        return;
      }
      int bin = Math.max(0, (int) Math.ceil(probability * BINS) - 1);
      confidence[bin] += probability;
      count[bin]++;
      right[bin] += isRight ? 1 : 0;
    }

    /** What was added. */
    public Calibration build() {
      return new Calibration(
          IntStream.range(0, BINS)
              .mapToObj(
                  m ->
                      new Bin(
                          (double) m / BINS,
                          (m + 1.0) / BINS,
                          count[m],
                          undefined ? Double.NaN : confidence[m],
                          right[m]))
              .toList());
    }
  }

  /** ECE, from 0 to 1; NaN where a probability is, or there is no decision. */
  public double expectedError() {
    double error = 0;
    long decisions = 0;
    for (Bin bin : bins) {
      error += Math.abs(bin.right - bin.confidence);
      decisions += bin.count;
    }
    return error / decisions;
  }

  /**
   * The expected calibration error of a classifier, with {@value #BINS} bins.
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
    Builder decisions = new Builder();
    for (int i = 0; i < logits.length; i++) {
      double[] probabilities = Softmax.of(logits[i], 0, logits[i].length);
      double likeliest = Softmax.likeliest(logits[i], 0, logits[i].length);
      decisions.add(Doubles.max(probabilities), likeliest == expected[i]);
    }
    return decisions.build().expectedError();
  }
}
