package org.bilora.train;

/**
 * How much a run learns from.
 *
 * @param lower examples of D1, or of the training set
 * @param upper examples of D2; 0 for a single-level method
 * @param dev examples the run is evaluated on
 * @param trainTruncated training examples (D1 and D2) that lost tokens to the maximum length
 * @param devTruncated dev examples that did
 */
public record ExampleCounts(int lower, int upper, int dev, int trainTruncated, int devTruncated) {}
