package org.bilora.bench.step;

import java.util.Arrays;
import java.util.Random;
import org.bilora.data.Batch;
import org.bilora.model.EncoderConfig;

/** Batches of random token ids that fill every row, with targets of two classes. */
final class SyntheticBatches {
  /** Classes of the targets. */
  static final int LABELS = 2;

  private final EncoderConfig config;
  private final int rows;
  private final int length;
  private final Random random;

  /**
   * @throws IllegalArgumentException when a row is longer than the model reads
   */
  SyntheticBatches(EncoderConfig config, int rows, int length, long seed) {
    if (rows < 1) {
      throw new IllegalArgumentException("batch is %d; it must be 1 or more".formatted(rows));
    }
    if (length < 1 || length > config.maxTokens()) {
      throw new IllegalArgumentException(
          "seq is %d; this model reads from 1 to %d tokens".formatted(length, config.maxTokens()));
    }
    this.config = config;
    this.rows = rows;
    this.length = length;
    this.random = new Random(seed);
  }

  /** The next batch; no token is padding. */
  Batch next() {
    int tokens = rows * length;
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      int id = random.nextInt(config.vocabSize() - 1);
      ids[i] = id < config.padTokenId() ? id : id + 1;
    }
    int[] mask = new int[tokens];
    Arrays.fill(mask, 1);
    float[] targets = new float[rows];
    int[] indices = new int[rows];
    for (int row = 0; row < rows; row++) {
      targets[row] = random.nextInt(LABELS);
      indices[row] = row;
    }
    float[] weights = new float[rows];
    Arrays.fill(weights, 1);
    return new Batch(rows, length, ids, new int[tokens], mask, targets, weights, indices);
  }
}
