package org.bilora.eval.generation;

import java.util.List;

/**
 * ROUGE-L (Lin 2004), the mean over examples, on the tokens of {@link PtbTokenizer}.
 *
 * <pre>
 *   R = max over references of LCS / reference length
 *   P = max over references of LCS / output length
 *   F = (1 + β²) · P · R / (R + β² · P)
 * </pre>
 *
 * <p>LCS is the length of the longest common subsequence. As in the COCO caption scripts, which the
 * E2E challenge uses: β is 1.2, precision and recall may be those of different references, and
 * nothing is stemmed. Google's {@code rouge_score} and pyrouge take β = 1 and the F of one
 * reference.
 *
 * @param beta weight of recall against precision
 */
public record RougeL(double beta) implements CorpusMetric {
  /** β = 1.2. */
  public RougeL() {
    this(1.2);
  }

  @Override
  public double score(TokenizedCorpus corpus) {
    double sum = 0;
    for (int i = 0; i < corpus.size(); i++) {
      sum += score(corpus.outputs().get(i), corpus.references().get(i));
    }
    return sum / corpus.size();
  }

  private double score(List<String> output, List<List<String>> references) {
    double precision = 0;
    double recall = 0;
    for (List<String> reference : references) {
      // A text without tokens counts as one empty token.
      double common =
          output.isEmpty() && reference.isEmpty() ? 1 : longestCommon(output, reference);
      precision = Math.max(precision, common / Math.max(1, output.size()));
      recall = Math.max(recall, common / Math.max(1, reference.size()));
    }
    return precision == 0
        ? 0
        : (1 + beta * beta) * precision * recall / (recall + beta * beta * precision);
  }

  /** Length of the longest common subsequence. */
  static int longestCommon(List<String> a, List<String> b) {
    int[] above = new int[b.size() + 1];
    for (String left : a) {
      int[] row = new int[b.size() + 1];
      for (int j = 1; j <= b.size(); j++) {
        row[j] = left.equals(b.get(j - 1)) ? above[j - 1] + 1 : Math.max(above[j], row[j - 1]);
      }
      above = row;
    }
    return above[b.size()];
  }
}
