package org.bilora.eval.generation;

import static org.bilora.eval.generation.Corpora.example;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every metric keeps. */
class CorpusMetricTest {
  private static final String[] GOOD =
      example(
          "the mill has cheap food by the river", "the mill has cheap food by the river", "a mill");
  private static final String[] POOR =
      example("the mill the mill has food", "by the river there is cheap food at the mill");
  private static final String[] OTHER =
      example("no children may enter that pub", "no children may enter that pub", "it is a pub");
  private static final String[] EMPTY = example("", "a coffee shop in the centre");

  static Stream<CorpusMetric> metrics() {
    return Stream.of(new Bleu(), new Nist(), new RougeL(), new Cider(), new Ter());
  }

  /** 1 where more is better, -1 where less is. */
  private static double direction(CorpusMetric metric) {
    return metric instanceof Ter ? -1 : 1;
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void theOrderOfExamplesAndReferencesDoesNotMatter(CorpusMetric metric) {
    double score = metric.score(Corpora.of(GOOD, POOR, OTHER));
    String[] turned = example(GOOD[0], GOOD[2], GOOD[1]);
    assertEquals(score, metric.score(Corpora.of(OTHER, turned, POOR)), 1e-12);
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void aReferenceAsOutputScoresBetterThanAnotherText(CorpusMetric metric) {
    double better = metric.score(Corpora.of(GOOD, OTHER));
    double worse = metric.score(Corpora.of(GOOD, POOR));
    assertTrue(direction(metric) * (better - worse) > 0, better + " " + worse);
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void anEmptyOutputScoresWorstAndIsANumber(CorpusMetric metric) {
    double nothing = metric.score(Corpora.of(EMPTY));
    assertEquals(metric instanceof Ter ? 1 : 0, nothing, 1e-9);
    double mixed = metric.score(Corpora.of(GOOD, OTHER, EMPTY));
    assertTrue(direction(metric) * (mixed - nothing) > 0, mixed + " " + nothing);
  }

  @Test
  void outputsAndReferencesMustBeEquallyMany() {
    List<String> one = ImmutableList.of("a");
    assertThrows(
        IllegalArgumentException.class,
        () -> TokenizedCorpus.of(new TercomWords(), List.of("a", "b"), List.of(one)));
    assertThrows(
        IllegalArgumentException.class,
        () -> TokenizedCorpus.of(new TercomWords(), List.of(), List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> TokenizedCorpus.of(new TercomWords(), List.of("a"), List.of(ImmutableList.of())));
  }
}
