package org.bilora.export;

import java.util.Arrays;
import java.util.List;
import org.bilora.text.Encoding;

/**
 * Token ids of several texts, padded to the longest, as the predict signature takes them.
 *
 * @param rows texts
 * @param length tokens per text, padding included
 * @param inputIds token ids, {@code [rows, length]}, row-major
 * @param attentionMask 1 for a token, 0 for padding, {@code [rows, length]}
 * @param tokenTypeIds segments, {@code [rows, length]}
 */
public record PaddedTexts(
    int rows, int length, int[] inputIds, int[] attentionMask, int[] tokenTypeIds) {

  /** Checks every array against {@code rows} and {@code length}. */
  public PaddedTexts {
    int tokens = rows * length;
    if (rows < 1
        || length < 1
        || inputIds.length != tokens
        || attentionMask.length != tokens
        || tokenTypeIds.length != tokens) {
      throw new IllegalArgumentException(
          "%d texts of %d tokens got arrays of other sizes".formatted(rows, length));
    }
  }

  /** Pads texts at their end. */
  public static PaddedTexts of(List<Encoding> texts, int padTokenId) {
    int rows = texts.size();
    int length = texts.stream().mapToInt(Encoding::length).max().orElse(0);
    int[] inputIds = new int[rows * length];
    int[] attentionMask = new int[rows * length];
    int[] tokenTypeIds = new int[rows * length];
    Arrays.fill(inputIds, padTokenId);
    for (int row = 0; row < rows; row++) {
      Encoding text = texts.get(row);
      System.arraycopy(text.inputIds(), 0, inputIds, row * length, text.length());
      System.arraycopy(text.tokenTypeIds(), 0, tokenTypeIds, row * length, text.length());
      Arrays.fill(attentionMask, row * length, row * length + text.length(), 1);
    }
    return new PaddedTexts(rows, length, inputIds, attentionMask, tokenTypeIds);
  }

  /** A row without its padding, which the mask tells. */
  Encoding row(int row) {
    int tokens = 0;
    while (tokens < length && attentionMask[row * length + tokens] == 1) {
      tokens++;
    }
    int from = row * length;
    return new Encoding(
        Arrays.copyOfRange(inputIds, from, from + tokens),
        Arrays.copyOfRange(tokenTypeIds, from, from + tokens),
        false);
  }
}
