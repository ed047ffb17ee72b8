package org.bilora.eval.generation;

import static org.bilora.eval.generation.Corpora.example;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Small cases whose values follow from the equations on paper. */
class MetricsByHandTest {
  private static double log2(double x) {
    return Math.log(x) / Math.log(2);
  }

  @Test
  void bleuIsTheGeometricMeanOfPrecisionsTimesTheBrevityPenalty() {
    // Of 5, 4, 3 and 2 n-grams 5, 3, 2 and 1 match; 5 words where the reference has 6.
    double expected = Math.exp(1 - 6 / 5.0) * Math.pow(1 * (3 / 4.0) * (2 / 3.0) * (1 / 2.0), 0.25);
    assertEquals(
        expected,
        new Bleu().score(Corpora.of(example("the cat sat on mat", "the cat sat on the mat"))),
        1e-12);
  }

  @Test
  void bleuClipsToTheReferenceWithMost() {
    assertEquals(
        2 / 3.0,
        new Bleu(1).score(Corpora.of(example("the the the", "the cat", "the the mat"))),
        1e-12);
  }

  @Test
  void bleuTakesTheShorterOfTwoEquallyCloseReferences() {
    assertEquals(1, new Bleu(1).score(Corpora.of(example("a b c", "a b c d", "a b"))), 1e-12);
    assertEquals(
        Math.exp(1 - 4 / 3.0),
        new Bleu(1).score(Corpora.of(example("a b c", "a b c d", "a"))),
        1e-12);
  }

  @Test
  void bleuPoolsCountsOverTheCorpus() {
    assertEquals(
        3 / 5.0,
        new Bleu(1).score(Corpora.of(example("a b", "a c"), example("d e x", "d e f"))),
        1e-12);
  }

  @Test
  void bleuOfAShortOutputCountsANegativeNumberOfNGrams() {
    // 3-grams: 3 of 5 words and -1 + 1 = 0 of 2 words; 4-grams: 2 and -1.
    double expected = Math.pow(1 * 1 * 1 * (2 / 1.0), 0.25);
    assertEquals(
        expected,
        new Bleu().score(Corpora.of(example("a b c d e", "a b c d e"), example("f g", "f g"))),
        1e-12);
  }

  @Test
  void nistWeighsMatchesByTheirInformation() {
    // References: 3 words, a twice, b once, "a b" once. 2 words of 3 halve the score.
    double unigrams = (log2(3 / 2.0) + log2(3 / 1.0)) / 2;
    double bigrams = log2(2 / 1.0) / 1;
    assertEquals(
        0.5 * (unigrams + bigrams), new Nist(2).score(Corpora.of(example("a b", "a b a"))), 1e-12);
  }

  @Test
  void nistComparesWithTheMeanLengthOfReferences() {
    // 2 words where the references have 1 and 3: no penalty. The counts are 4 words, a thrice.
    assertEquals(
        (log2(4 / 3.0) + log2(4)) / 2,
        new Nist(1).score(Corpora.of(example("a b", "a", "a b a"))),
        1e-12);
  }

  @Test
  void rougeLTakesPrecisionAndRecallFromDifferentReferences() {
    // LCS 2 of "a c" (recall 1) and of "b x d y"; precision 2 of 4.
    assertEquals(
        (1 + 1.44) * 0.5 * 1 / (1 + 1.44 * 0.5),
        new RougeL().score(Corpora.of(example("a b c d", "a c", "b x d y"))),
        1e-12);
  }

  @Test
  void ciderClipsAndWeighsByRarity() {
    // Every word occurs in one example of two. "c c" against "c d": min(2, 1) · 1 / (2 · √2).
    assertEquals(
        10 * (1 + 1 / (2 * Math.sqrt(2))) / 2,
        new Cider(1, 6).score(Corpora.of(example("a b", "a b"), example("c c", "c d"))),
        1e-12);
  }

  @Test
  void ciderFallsWithTheDifferenceInLength() {
    assertEquals(
        10 * (1 + Math.exp(-1 / 72.0) / Math.sqrt(2)) / 2,
        new Cider(1, 6).score(Corpora.of(example("a b", "a b"), example("c", "c d"))),
        1e-12);
  }

  @Test
  void ciderIgnoresWhatOccursInEveryExample() {
    // x is in both examples: its weight is 0, and the rest decides.
    assertEquals(
        10, new Cider(1, 6).score(Corpora.of(example("x a", "x a"), example("x b", "x b"))), 1e-12);
    assertEquals(
        5, new Cider(1, 6).score(Corpora.of(example("x a", "x a"), example("x c", "x b"))), 1e-12);
  }

  @Test
  void terCountsAShiftedRunOnce() {
    assertEquals(1 / 4.0, new Ter().score(Corpora.of(example("c d a b", "a b c d"))), 1e-12);
  }

  @Test
  void terTakesTheBestReferenceAndTheMeanLength() {
    // One word replaced in the second reference; lengths 5 and 3.
    assertEquals(
        1 / 4.0, new Ter().score(Corpora.of(example("a b x", "e f g h i", "a b c"))), 1e-12);
  }

  @Test
  void terOfATextTwiceAsLongIsOne() {
    assertEquals(1, new Ter().score(Corpora.of(example("a b c d", "a b"))), 1e-12);
  }
}
