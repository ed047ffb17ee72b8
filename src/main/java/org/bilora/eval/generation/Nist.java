package org.bilora.eval.generation;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import java.util.ArrayList;
import java.util.List;

/**
 * NIST of a corpus (Doddington 2002), on the tokens of {@link MtevalTokenizer}.
 *
 * <pre>
 *   NIST = LP · Σ_n  [Σ over matching n-grams of info] / [Σ n-grams of the outputs],  n = 1 … N
 *   info(w1 … wn) = log2( count(w1 … w(n−1)) / count(w1 … wn) )
 *   LP = exp(β · ln²(min(c / r, 1))),  β with LP = 1/2 at c/r = 2/3
 * </pre>
 *
 * <p>The counts behind info are those of all references together; before a unigram comes the empty
 * sequence, which occurs as often as there are tokens. c is the outputs' length, r the sum of each
 * example's mean reference length. A match is clipped as in {@link Bleu}.
 *
 * <p>These are the values of the Python port in the E2E challenge's scripts. As that port says of
 * itself, the Perl program mteval-v13a differs from it where examples have different numbers of
 * references. An output of t tokens counts t − n + 1 n-grams, even where that is negative.
 *
 * @param maxOrder N
 */
public record Nist(int maxOrder) implements CorpusMetric {
  private static final double BETA = Math.log(0.5) / Math.pow(Math.log(1.5), 2);

  /** Up to 5-grams, as everybody reports. */
  public Nist() {
    this(5);
  }

  @Override
  public double score(TokenizedCorpus corpus) {
    List<Multiset<List<String>>> referenceCounts = referenceCounts(corpus);
    double sum = 0;
    for (int n = 1; n <= maxOrder; n++) {
      double information = 0;
      long ngrams = 0;
      for (int i = 0; i < corpus.size(); i++) {
        List<String> output = corpus.outputs().get(i);
        Multiset<List<String>> most = NGrams.countMost(corpus.references().get(i), n);
        for (Multiset.Entry<List<String>> match :
            Multisets.intersection(NGrams.count(output, n), most).entrySet()) {
          information += match.getCount() * information(match.getElement(), referenceCounts);
        }
        ngrams += output.size() - n + 1;
      }
      // Without n-grams there is no match either.
      sum += ngrams == 0 ? 0 : information / ngrams;
    }
    return lengthPenalty(corpus) * sum;
  }

  /** Counts by length of the sequences, from 0. */
  private List<Multiset<List<String>>> referenceCounts(TokenizedCorpus corpus) {
    List<Multiset<List<String>>> counts = new ArrayList<>();
    for (int n = 0; n <= maxOrder; n++) {
      Multiset<List<String>> ofLength = HashMultiset.create();
      for (List<List<String>> references : corpus.references()) {
        for (List<String> reference : references) {
          if (n == 0) {
            ofLength.add(ImmutableList.of(), reference.size());
          } else {
            ofLength.addAll(NGrams.count(reference, n));
          }
        }
      }
      counts.add(ofLength);
    }
    return counts;
  }

  private static double information(List<String> ngram, List<Multiset<List<String>>> counts) {
    int n = ngram.size();
    double prefix = counts.get(n - 1).count(ngram.subList(0, n - 1));
    return Math.log(prefix / counts.get(n).count(ngram)) / Math.log(2);
  }

  private static double lengthPenalty(TokenizedCorpus corpus) {
    double outputLength = 0;
    double referenceLength = 0;
    for (int i = 0; i < corpus.size(); i++) {
      outputLength += corpus.outputs().get(i).size();
      referenceLength +=
          corpus.references().get(i).stream().mapToInt(List::size).average().orElseThrow();
    }
    double ratio = Math.min(1, outputLength / referenceLength);
    return ratio <= 0 ? 0 : Math.exp(BETA * Math.pow(Math.log(ratio), 2));
  }
}
