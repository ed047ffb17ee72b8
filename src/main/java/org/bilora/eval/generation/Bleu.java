package org.bilora.eval.generation;

import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import java.util.Comparator;
import java.util.List;

/**
 * BLEU of a corpus (Papineni and others 2002), on the tokens of {@link MtevalTokenizer}.
 *
 * <pre>
 *   BLEU = BP · (Π p_n)^(1/N),  n = 1 … N
 *   p_n  = Σ clipped matches of n-grams / Σ n-grams of the outputs
 *   BP   = exp(1 − r/c) where c ≤ r, else 1
 * </pre>
 *
 * <p>c is the outputs' length, r the sum of the reference lengths closest to each output's (the
 * shorter one of two equally close). A match is clipped to the count in the one reference that has
 * the n-gram most often. Here, as in the E2E challenge's Python scripts:
 *
 * <ul>
 *   <li>There is no smoothing, except that zero matches count as 1e-15 and zero n-grams as 1e-9, so
 *       that the logarithm exists. mteval's own smoothing of zeros (1/2, 1/4, …) and sacreBLEU's
 *       differ on corpora without a match of some order, and nowhere else.
 *   <li>An output of t tokens counts t − n + 1 n-grams, which is negative where it is shorter than
 *       n − 1; other implementations count 0.
 *   <li>Lower case; sacreBLEU is case sensitive unless told otherwise.
 * </ul>
 *
 * @param maxOrder N
 */
public record Bleu(int maxOrder) implements CorpusMetric {
  private static final double LEAST_MATCHES = 1e-15;
  private static final double LEAST_NGRAMS = 1e-9;
  private static final double LEAST_LENGTH = 1e-5;

  /** Up to 4-grams, as everybody reports. */
  public Bleu() {
    this(4);
  }

  @Override
  public double score(TokenizedCorpus corpus) {
    double logPrecision = 0;
    for (int n = 1; n <= maxOrder; n++) {
      long matches = 0;
      long ngrams = 0;
      for (int i = 0; i < corpus.size(); i++) {
        List<String> output = corpus.outputs().get(i);
        Multiset<List<String>> most = NGrams.countMost(corpus.references().get(i), n);
        matches += Multisets.intersection(NGrams.count(output, n), most).size();
        ngrams += output.size() - n + 1;
      }
      logPrecision += Math.log(Math.max(matches, LEAST_MATCHES) / Math.max(ngrams, LEAST_NGRAMS));
    }
    return brevityPenalty(corpus) * Math.exp(logPrecision / maxOrder);
  }

  private static double brevityPenalty(TokenizedCorpus corpus) {
    long outputLength = 0;
    long referenceLength = 0;
    for (int i = 0; i < corpus.size(); i++) {
      int length = corpus.outputs().get(i).size();
      outputLength += length;
      referenceLength +=
          corpus.references().get(i).stream()
              .map(List::size)
              .min(
                  Comparator.<Integer>comparingInt(size -> Math.abs(size - length))
                      .thenComparing(size -> size))
              .orElseThrow();
    }
    return outputLength > referenceLength
        ? 1
        : Math.exp(1 - referenceLength / Math.max(outputLength, LEAST_LENGTH));
  }
}
