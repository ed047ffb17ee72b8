package org.bilora.generate;

import java.util.List;

/** The search for one prompt's text, fed with candidates a step at a time. */
interface Search {

  /**
   * The texts that go on, at most as many as the method has rows; at first the empty one. None when
   * the search is over.
   */
  List<Continuation> continuations();

  /**
   * How many candidates {@link #extend} needs for each row, those that may not come included.
   *
   * @param vocabularySize the most there are
   */
  int candidates(int vocabularySize);

  /**
   * Goes one token further.
   *
   * @param candidates of all rows of a batch, in each the number asked for or more
   * @param firstRow row of this search's first continuation; the others follow
   */
  void extend(Candidates candidates, int firstRow);

  /**
   * The text that was found.
   *
   * @throws IllegalStateException while the search is not over
   */
  Generation result();
}
