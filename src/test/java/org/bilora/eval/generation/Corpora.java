package org.bilora.eval.generation;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Corpora of a few words, cut at spaces. */
final class Corpora {
  private Corpora() {}

  /**
   * A corpus.
   *
   * @param examples each an output and its references
   */
  static TokenizedCorpus of(String[]... examples) {
    List<String> outputs = new ArrayList<>();
    List<List<String>> references = new ArrayList<>();
    for (String[] example : examples) {
      outputs.add(example[0]);
      references.add(ImmutableList.copyOf(example).subList(1, example.length));
    }
    try {
      return TokenizedCorpus.of(new TercomWords(), outputs, references);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** An output and its references. */
  static String[] example(String... texts) {
    return texts;
  }
}
