package org.bilora.generate;

import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Which tokens may not come next. Their probability counts as 0; the others keep theirs, which are
 * not scaled up to sum to 1.
 *
 * @param ends tokens that end a text
 * @param noRepeatNGram length of the n-grams that may not come twice in a generated text, the
 *     prompt not counted; 0 for no such rule
 * @param minNewTokens tokens before the end of the text may come
 */
record Constraints(Set<Integer> ends, int noRepeatNGram, int minNewTokens) {
  /** Copies what could change. */
  Constraints {
    ends = ImmutableSet.copyOf(ends);
  }

  /** The tokens that may not follow what was generated. */
  Set<Integer> banned(int[] generated) {
    Set<Integer> banned = new HashSet<>();
    if (generated.length < minNewTokens) {
      banned.addAll(ends);
    }
    int shared = noRepeatNGram - 1;
    if (noRepeatNGram > 0 && generated.length >= noRepeatNGram) {
      int last = generated.length - shared;
      for (int at = 0; at < last; at++) {
        if (Arrays.equals(generated, at, at + shared, generated, last, generated.length)) {
          banned.add(generated[at + shared]);
        }
      }
    }
    return banned;
  }
}
