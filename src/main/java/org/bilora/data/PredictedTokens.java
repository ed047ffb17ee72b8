package org.bilora.data;

import java.util.Arrays;

/**
 * What a language model is asked of a batch: each token of the second segments, from the texts up
 * to the token before it. A token that comes first in its row has none before it and is not asked
 * for.
 *
 * @param positions row · length + column of the token before, {@code [predictions]}
 * @param targets the tokens asked for, {@code [predictions]}
 * @param weights 1, and 0 for padding, {@code [predictions]}
 */
public record PredictedTokens(int[] positions, int[] targets, float[] weights) {

  /**
   * The tokens of a batch, row by row, padded to {@link Batch#predictions()}.
   *
   * @throws IllegalArgumentException when there are more
   */
  public static PredictedTokens of(Batch batch) {
    int room = batch.predictions();
    int[] positions = new int[room];
    int[] targets = new int[room];
    float[] weights = new float[room];
    int next = 0;
    for (int row = 0; row < batch.rows(); row++) {
      for (int column = 1; column < batch.length(); column++) {
        int token = row * batch.length() + column;
        if (batch.tokenTypeIds()[token] == 1) {
          if (next == room) {
            throw new IllegalArgumentException(
                "a batch with room for %d predictions has more".formatted(room));
          }
          positions[next] = token - 1;
          targets[next] = batch.inputIds()[token];
          weights[next++] = 1;
        }
      }
    }
    return new PredictedTokens(positions, targets, weights);
  }

  /** Number of tokens asked for, padding left out. */
  public int count() {
    int count = 0;
    for (float weight : weights) {
      count += weight > 0 ? 1 : 0;
    }
    return count;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PredictedTokens that
        && Arrays.equals(positions, that.positions)
        && Arrays.equals(targets, that.targets)
        && Arrays.equals(weights, that.weights);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(targets);
  }
}
