package org.bilora.eval.generation;

import java.io.IOException;
import java.util.List;

/** Makes tokens of texts; which one is part of a metric's definition. */
@FunctionalInterface
public interface SentenceTokenizer {
  /**
   * Tokens of each text, many texts at once because some tokenizers are programs to start.
   *
   * @throws IOException when such a program fails
   */
  List<List<String>> tokenize(List<String> texts) throws IOException;
}
