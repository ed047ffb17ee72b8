/**
 * What a few seeds say: mean and spread with an interval ({@link
 * org.bilora.bench.statistics.Sample}), whether two methods differ on the same seeds ({@link
 * org.bilora.bench.statistics.PairedTest}), and what remains of that when many comparisons are made
 * ({@link org.bilora.bench.statistics.Holm}). Distributions and tests are Hipparchus's; what stands
 * here is their use, and the cases that they leave undefined.
 */
package org.bilora.bench.statistics;
