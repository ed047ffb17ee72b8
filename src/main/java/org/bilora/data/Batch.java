package org.bilora.data;

/**
 * Examples padded to one length, row-major, ready to be fed to a step.
 *
 * @param rows number of rows, padding rows included
 * @param length tokens per row, padding included
 * @param inputIds token ids, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}; a padding row keeps
 *     its first token visible so that attention stays finite
 * @param targets class index or score, {@code [rows]}
 * @param rowWeights 1 for an example, 0 for a padding row, {@code [rows]}
 * @param indices position of each row's example in its data set, -1 for a padding row, {@code
 *     [rows]}
 */
public record Batch(
    int rows,
    int length,
    int[] inputIds,
    int[] tokenTypeIds,
    int[] attentionMask,
    float[] targets,
    float[] rowWeights,
    int[] indices) {

  /** Checks every array against {@code rows} and {@code length}. */
  public Batch {
    int tokens = rows * length;
    if (inputIds.length != tokens
        || tokenTypeIds.length != tokens
        || attentionMask.length != tokens
        || targets.length != rows
        || rowWeights.length != rows
        || indices.length != rows) {
      throw new IllegalArgumentException(
          "a batch of %d rows of %d tokens got arrays of other sizes".formatted(rows, length));
    }
  }

  /** Number of examples, padding rows left out. */
  public int examples() {
    int count = 0;
    for (float weight : rowWeights) {
      count += weight > 0 ? 1 : 0;
    }
    return count;
  }
}
