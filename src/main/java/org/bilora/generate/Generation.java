package org.bilora.generate;

import java.util.Arrays;
import org.bilora.text.Tokenizer;

/**
 * A generated text.
 *
 * @param tokens token ids, the end of the text left out
 * @param logProbability sum of the tokens' log probabilities, that of the end included where it
 *     came
 * @param score what the method ranks texts by; for greedy decoding and sampling {@code
 *     logProbability}
 * @param ended whether the end of the text came; otherwise the largest number of tokens was reached
 */
public record Generation(int[] tokens, double logProbability, double score, boolean ended) {

  /** The text on one line: line ends within it become spaces. */
  public String text(Tokenizer tokenizer) {
    return tokenizer.decode(tokens).replaceAll("\\s*\\R\\s*", " ").strip();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Generation that
        && Arrays.equals(tokens, that.tokens)
        && logProbability == that.logProbability
        && score == that.score
        && ended == that.ended;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(tokens);
  }

  @Override
  public String toString() {
    return "%s, log probability %s, score %s%s"
        .formatted(Arrays.toString(tokens), logProbability, score, ended ? ", ended" : "");
  }
}
