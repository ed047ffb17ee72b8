package org.bilora.bench.statistics;

import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.stat.descriptive.DescriptiveStatistics;

/**
 * A sample of independent runs.
 *
 * @param count how many
 * @param mean NaN of none
 * @param standardDeviation with n − 1 below; NaN of fewer than two
 * @param low lower end of the 95% interval of the mean, {@code mean − t(0.975, n − 1) s / √n}
 *     (Student 1908); NaN of fewer than two
 * @param high upper end
 */
public record Sample(int count, double mean, double standardDeviation, double low, double high) {
  /** Probability that the interval leaves out, on each side. */
  private static final double TAIL = 0.025;

  /** Describes values. */
  public static Sample of(double... values) {
    DescriptiveStatistics statistics = new DescriptiveStatistics(values);
    double mean = statistics.getMean();
    if (values.length < 2) {
      return new Sample(values.length, mean, Double.NaN, Double.NaN, Double.NaN);
    }
    double deviation = statistics.getStandardDeviation();
    double half =
        new TDistribution(values.length - 1).inverseCumulativeProbability(1 - TAIL)
            * deviation
            / Math.sqrt(values.length);
    return new Sample(values.length, mean, deviation, mean - half, mean + half);
  }
}
