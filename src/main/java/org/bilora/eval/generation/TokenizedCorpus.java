package org.bilora.eval.generation;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Outputs of a system and, for each, one or more references, as tokens.
 *
 * @param outputs tokens by example
 * @param references by example, then by reference, tokens
 */
public record TokenizedCorpus(List<List<String>> outputs, List<List<List<String>>> references) {

  /** Checks that there are examples, all of them with references. */
  public TokenizedCorpus {
    requireMatch(outputs, references);
    outputs = ImmutableList.copyOf(outputs);
    references = ImmutableList.copyOf(references);
  }

  /**
   * Tokenizes a corpus.
   *
   * @throws IOException when the tokenizer fails
   * @throws IllegalArgumentException when outputs and references are not equally many, or an
   *     example has no reference
   */
  public static TokenizedCorpus of(
      SentenceTokenizer tokenizer,
      List<String> outputs,
      List<? extends Collection<String>> references)
      throws IOException {
    requireMatch(outputs, references);
    List<String> texts = new ArrayList<>(outputs);
    references.forEach(texts::addAll);
    List<List<String>> tokens = tokenizer.tokenize(texts);
    ImmutableList.Builder<List<List<String>>> grouped = ImmutableList.builder();
    int next = outputs.size();
    for (Collection<String> each : references) {
      grouped.add(tokens.subList(next, next + each.size()));
      next += each.size();
    }
    return new TokenizedCorpus(tokens.subList(0, outputs.size()), grouped.build());
  }

  /** Number of outputs. */
  int size() {
    return outputs.size();
  }

  private static void requireMatch(List<?> outputs, List<? extends Collection<?>> references) {
    if (outputs.isEmpty() || outputs.size() != references.size()) {
      throw new IllegalArgumentException(
          "%d outputs and references for %d; they must be equally many, and at least one"
              .formatted(outputs.size(), references.size()));
    }
    for (int i = 0; i < references.size(); i++) {
      if (references.get(i).isEmpty()) {
        throw new IllegalArgumentException(
            "output %d has no reference; it needs one or more".formatted(i + 1));
      }
    }
  }
}
