/**
 * What a few seeds say: mean and spread with an interval ({@link
 * org.bilora.bench.statistics.Sample}), whether two methods differ on the same seeds ({@link
 * org.bilora.bench.statistics.PairedTest}), and what remains of that when many comparisons are made
 * ({@link org.bilora.bench.statistics.Holm}). Student's distribution and test are Hipparchus's; the
 * exact signed-rank test stands here, because Hipparchus's is not exact where ranks are shared.
 */
package org.bilora.bench.statistics;
