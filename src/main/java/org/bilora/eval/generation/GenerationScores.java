package org.bilora.eval.generation;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the E2E challenge's scripts ({@code measure_scores.py}, with its Python BLEU and NIST)
 * report of a system, and TER.
 *
 * @param values in the order of {@link GenerationMetric}; METEOR only where its program was given
 */
public record GenerationScores(Map<GenerationMetric, Double> values) {
  /** Copies what could change. */
  public GenerationScores {
    values = ImmutableMap.copyOf(values);
  }

  /**
   * Scores a system's outputs.
   *
   * @param outputs a text per example
   * @param references one or more texts per example
   * @param ptb tokens of ROUGE-L, CIDEr and METEOR, {@link PtbTokenizer}
   * @param meteor the official program, if there is one
   * @throws IOException when one of the two programs fails
   * @throws IllegalArgumentException when outputs and references are not equally many, or an
   *     example has no reference
   */
  public static GenerationScores of(
      List<String> outputs,
      List<List<String>> references,
      SentenceTokenizer ptb,
      Optional<Meteor> meteor)
      throws IOException {
    TokenizedCorpus mteval = TokenizedCorpus.of(new MtevalTokenizer(), outputs, references);
    TokenizedCorpus treebank = TokenizedCorpus.of(ptb, outputs, references);
    TokenizedCorpus words = TokenizedCorpus.of(new TercomWords(), outputs, references);
    ImmutableMap.Builder<GenerationMetric, Double> values = ImmutableMap.builder();
    values.put(GenerationMetric.BLEU, new Bleu().score(mteval));
    values.put(GenerationMetric.NIST, new Nist().score(mteval));
    if (meteor.isPresent()) {
      values.put(GenerationMetric.METEOR, meteor.get().score(treebank));
    }
    values.put(GenerationMetric.ROUGE_L, new RougeL().score(treebank));
    values.put(GenerationMetric.CIDER, new Cider().score(treebank));
    values.put(GenerationMetric.TER, new Ter().score(words));
    return new GenerationScores(values.buildOrThrow());
  }
}
