package org.bilora.generate;

import java.util.List;

/** Says which tokens may come next. Rows are texts that continue prompts. */
interface NextTokens extends AutoCloseable {

  /** Number of token ids that can come: all below it. */
  int vocabularySize();

  /**
   * Reads prompts and forgets what was read before.
   *
   * @param prompts token ids, each at least one
   * @param count how many candidates are wanted per prompt, at most {@link #vocabularySize()}
   */
  Candidates start(List<int[]> prompts, int count);

  /**
   * Reads one more token in each row.
   *
   * @param kept prompts that go on, as indices into those of the call before, increasing
   * @param parents the row of the call before that each row continues: after {@link #start} there
   *     is one per prompt. Rows stand in the order of {@code kept}, the same number for each
   * @param tokens the token that each row reads
   * @param count how many candidates are wanted per row, at most {@link #vocabularySize()}
   */
  Candidates next(int[] kept, int[] parents, int[] tokens, int count);

  @Override
  void close();
}
