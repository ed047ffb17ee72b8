package org.bilora.eval.generation;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CIDEr (Vedantam and others 2015), the mean over examples, on the tokens of {@link PtbTokenizer}.
 *
 * <pre>
 *   CIDEr = 10 · mean over n = 1 … N and references s of
 *           exp(−(l(c) − l(s))² / 2σ²) · min(g_n(c), g_n(s)) · g_n(s) / (‖g_n(c)‖ ‖g_n(s)‖)
 *   g_n   = count of the n-gram · ( ln(examples) − ln(max(1, examples with it in a reference)) )
 * </pre>
 *
 * <p>What the COCO caption scripts, and with them the E2E challenge, print as CIDEr is the paper's
 * CIDEr-D: clipped by the minimum and with the Gaussian of the difference in length, σ = 6, but
 * with the texts' plain tokens where the paper stems. The inverse document frequencies come from
 * the references of this very corpus, so scores of different test sets do not compare, and a corpus
 * of one example has 0. Length l is the number of bigrams, as those scripts count it.
 *
 * @param maxOrder N
 * @param sigma σ, in tokens
 */
public record Cider(int maxOrder, double sigma) implements CorpusMetric {
  /** Up to 4-grams, σ = 6. */
  public Cider() {
    this(4, 6);
  }

  /** g_n for every n in one map, its norm by n, and the length. */
  private record Vector(Map<List<String>, Double> weights, double[] norms, int length) {}

  @Override
  public double score(TokenizedCorpus corpus) {
    Multiset<List<String>> documents = documentFrequencies(corpus);
    double logExamples = Math.log(corpus.size());
    double sum = 0;
    for (int i = 0; i < corpus.size(); i++) {
      Vector output = vector(corpus.outputs().get(i), documents, logExamples);
      List<List<String>> references = corpus.references().get(i);
      double similarity = 0;
      for (List<String> reference : references) {
        similarity += similarity(output, vector(reference, documents, logExamples));
      }
      sum += similarity / references.size();
    }
    return 10 * sum / corpus.size();
  }

  /** In how many examples an n-gram occurs in some reference. */
  private Multiset<List<String>> documentFrequencies(TokenizedCorpus corpus) {
    Multiset<List<String>> documents = HashMultiset.create();
    for (List<List<String>> references : corpus.references()) {
      Set<List<String>> seen = new HashSet<>();
      references.forEach(reference -> counts(reference).forEach(n -> seen.addAll(n.elementSet())));
      documents.addAll(seen);
    }
    return documents;
  }

  private List<Multiset<List<String>>> counts(List<String> tokens) {
    List<Multiset<List<String>>> counts = new ArrayList<>();
    for (int n = 1; n <= maxOrder; n++) {
      counts.add(NGrams.count(tokens, n));
    }
    return counts;
  }

  private Vector vector(List<String> tokens, Multiset<List<String>> documents, double logExamples) {
    Map<List<String>, Double> weights = new HashMap<>();
    double[] norms = new double[maxOrder];
    for (Multiset<List<String>> ofOrder : counts(tokens)) {
      for (Multiset.Entry<List<String>> entry : ofOrder.entrySet()) {
        List<String> ngram = entry.getElement();
        double rarity = logExamples - Math.log(Math.max(1, documents.count(ngram)));
        double weight = entry.getCount() * rarity;
        weights.put(ngram, weight);
        norms[ngram.size() - 1] += weight * weight;
      }
    }
    for (int n = 0; n < maxOrder; n++) {
      norms[n] = Math.sqrt(norms[n]);
    }
    return new Vector(weights, norms, Math.max(0, tokens.size() - 1));
  }

  private double similarity(Vector output, Vector reference) {
    double[] products = new double[maxOrder];
    output.weights.forEach(
        (ngram, weight) -> {
          double other = reference.weights.getOrDefault(ngram, 0.0);
          products[ngram.size() - 1] += Math.min(weight, other) * other;
        });
    double sum = 0;
    for (int n = 0; n < maxOrder; n++) {
      double norm = output.norms[n] * reference.norms[n];
      sum += norm == 0 ? 0 : products[n] / norm;
    }
    double difference = output.length - reference.length;
    return sum / maxOrder * Math.exp(-difference * difference / (2 * sigma * sigma));
  }
}
