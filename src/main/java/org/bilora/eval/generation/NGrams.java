package org.bilora.eval.generation;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import java.util.List;

/** Sequences of n tokens. */
final class NGrams {
  private NGrams() {}

  /** How often each n-gram occurs. */
  static Multiset<List<String>> count(List<String> tokens, int n) {
    Multiset<List<String>> counts = HashMultiset.create();
    for (int start = 0; start + n <= tokens.size(); start++) {
      counts.add(tokens.subList(start, start + n));
    }
    return counts;
  }

  /** How often each n-gram occurs in that one of the texts in which it occurs most often. */
  static Multiset<List<String>> countMost(List<? extends List<String>> texts, int n) {
    Multiset<List<String>> most = HashMultiset.create();
    for (List<String> text : texts) {
      for (Multiset.Entry<List<String>> entry : count(text, n).entrySet()) {
        if (entry.getCount() > most.count(entry.getElement())) {
          most.setCount(entry.getElement(), entry.getCount());
        }
      }
    }
    return most;
  }
}
