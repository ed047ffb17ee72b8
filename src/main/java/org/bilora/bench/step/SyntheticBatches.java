package org.bilora.bench.step;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.model.DecoderConfig;
import org.bilora.model.EncoderConfig;
import org.bilora.text.Encoding;

/**
 * Batches of random token ids that fill every row: for an encoder with targets of two classes, for
 * a language model with every token but the first of a row to be predicted.
 */
final class SyntheticBatches {
  /** Classes of the targets. */
  static final int LABELS = 2;

  /** Examples that batches are thought to be drawn from. */
  static final int EXAMPLES = 10_000;

  private static final int NO_TOKEN = -1;

  private final int vocabulary;
  private final int padding;
  private final boolean languageModel;
  private final int rows;
  private final int length;
  private final Random random;

  /**
   * @throws IllegalArgumentException when a row is longer than the model reads
   */
  SyntheticBatches(EncoderConfig config, int rows, int length, long seed) {
    this(config.vocabSize(), config.padTokenId(), config.maxTokens(), rows, length, seed);
  }

  /**
   * @throws IllegalArgumentException when a row is longer than the model reads
   */
  SyntheticBatches(DecoderConfig config, int rows, int length, long seed) {
    this(config.vocabSize(), NO_TOKEN, config.maxPositions(), rows, length, seed);
    if (length < 2) {
      throw new IllegalArgumentException(
          "seq is 1; a language model predicts tokens from those before, so it must be 2 or more");
    }
  }

  private SyntheticBatches(
      int vocabulary, int padding, int longest, int rows, int length, long seed) {
    if (rows < 1) {
      throw new IllegalArgumentException("batch is %d; it must be 1 or more".formatted(rows));
    }
    if (length < 1 || length > longest) {
      throw new IllegalArgumentException(
          "seq is %d; this model reads from 1 to %d tokens".formatted(length, longest));
    }
    this.vocabulary = vocabulary;
    this.padding = padding;
    this.languageModel = padding == NO_TOKEN;
    this.rows = rows;
    this.length = length;
    this.random = new Random(seed);
  }

  /** A batch's rows as examples. */
  static Stream<EncodedExample> texts(Batch batch) {
    return IntStream.range(0, batch.rows())
        .mapToObj(
            row -> {
              int from = row * batch.length();
              int to = from + batch.length();
              return new EncodedExample(
                  new Encoding(
                      Arrays.copyOfRange(batch.inputIds(), from, to),
                      Arrays.copyOfRange(batch.tokenTypeIds(), from, to),
                      false),
                  batch.targets()[row],
                  row);
            });
  }

  /** The next batch; no token is padding. */
  Batch next() {
    int tokens = rows * length;
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      int id = random.nextInt(vocabulary - 1);
      ids[i] = languageModel || id < padding ? id : id + 1;
    }
    int[] mask = new int[tokens];
    Arrays.fill(mask, 1);
    float[] targets = new float[rows];
    int[] indices = new int[rows];
    for (int row = 0; row < rows; row++) {
      targets[row] = random.nextInt(LABELS);
      indices[row] = row % EXAMPLES;
    }
    float[] weights = new float[rows];
    Arrays.fill(weights, 1);
    return languageModel
        ? new Batch(rows, length, ids, mask, mask, targets, weights, indices, rows * (length - 1))
        : new Batch(rows, length, ids, new int[tokens], mask, targets, weights, indices);
  }
}
