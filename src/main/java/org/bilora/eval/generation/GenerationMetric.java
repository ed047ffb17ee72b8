package org.bilora.eval.generation;

/** Metrics of generated texts, in the order in which the E2E challenge prints them. */
public enum GenerationMetric {
  /** N-gram precision with a brevity penalty, from 0 to 1; {@link Bleu}. */
  BLEU("BLEU"),
  /** Informative n-grams, from 0 with no upper bound; {@link Nist}. */
  NIST("NIST"),
  /** Alignment with stems, synonyms and paraphrases, from 0 to 1; {@link Meteor}. */
  METEOR("METEOR"),
  /** Longest common subsequence, from 0 to 1; {@link RougeL}. */
  ROUGE_L("ROUGE_L"),
  /** Similarity of TF-IDF vectors of n-grams, from 0 to 10; {@link Cider}. */
  CIDER("CIDEr"),
  /** Edits per reference word, 0 being best; {@link Ter}. */
  TER("TER");

  private final String id;

  GenerationMetric(String id) {
    this.id = id;
  }

  /** The name in reports and JSON, such as {@code ROUGE_L}. */
  public String id() {
    return id;
  }
}
