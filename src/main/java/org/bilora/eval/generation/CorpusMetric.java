package org.bilora.eval.generation;

/** A score of all outputs together; a pure function. */
public sealed interface CorpusMetric permits Bleu, Nist, RougeL, Cider, Ter {
  /** The score; its range and its direction are the metric's own. */
  double score(TokenizedCorpus corpus);
}
