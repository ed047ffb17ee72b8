package org.bilora.text;

import java.util.Arrays;

/**
 * A text, or a pair of texts, as a Transformer reads it.
 *
 * @param inputIds token ids with the model's special tokens, {@code [length]}
 * @param tokenTypeIds segment of each token (0 first text, 1 second), {@code [length]}
 * @param truncated whether tokens were cut to fit the maximum length
 */
public record Encoding(int[] inputIds, int[] tokenTypeIds, boolean truncated) {

  /** Checks that both arrays have the same length. */
  public Encoding {
    if (inputIds.length != tokenTypeIds.length) {
      throw new IllegalArgumentException(
          "inputIds has %d tokens and tokenTypeIds %d; they must be equal"
              .formatted(inputIds.length, tokenTypeIds.length));
    }
  }

  /** Number of tokens, special tokens included. */
  public int length() {
    return inputIds.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Encoding that
        && truncated == that.truncated
        && Arrays.equals(inputIds, that.inputIds)
        && Arrays.equals(tokenTypeIds, that.tokenTypeIds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(inputIds);
  }
}
