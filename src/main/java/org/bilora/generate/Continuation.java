package org.bilora.generate;

import java.util.Arrays;

/**
 * What was generated after a prompt so far.
 *
 * @param row where its tokens but the last stand among the rows of its prompt in the call before
 * @param tokens token ids
 * @param logProbability sum of the tokens' log probabilities
 */
record Continuation(int row, int[] tokens, double logProbability) {
  static final Continuation EMPTY = new Continuation(0, new int[0], 0);

  /** This and one more token; {@code row} is where this one stands now. */
  Continuation with(int row, int token, double logProbability) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = token;
    return new Continuation(row, longer, this.logProbability + logProbability);
  }

  int lastToken() {
    return tokens[tokens.length - 1];
  }
}
