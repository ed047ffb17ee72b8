package org.bilora.generate;

/**
 * The most probable next tokens of each row.
 *
 * @param tokens by row, the most probable first; of equally probable ones the lower id
 * @param logProbabilities natural logarithms of their probabilities under the whole vocabulary
 */
record Candidates(int[][] tokens, float[][] logProbabilities) {}
