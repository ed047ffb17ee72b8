package org.bilora.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bilora.generate.DecodingMethod.BeamSearch;
import org.bilora.generate.DecodingMethod.BeamSearch.Stopping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Searches over a model with many ties, against the definition. */
class BeamSearchTest {
  private static final int END = 2;
  private static final List<int[]> PROMPTS =
      List.of(new int[] {1}, new int[] {3, 1, 4}, new int[] {0, 5}, new int[] {2, 2, 2, 2});

  private static List<Integer> boxed(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  private static List<Generation> generate(
      TableModel model, DecodingMethod method, Constraints constraints, int maxNewTokens) {
    List<Search> searches = new ArrayList<>();
    for (int i = 0; i < PROMPTS.size(); i++) {
      searches.add(method.search(constraints, maxNewTokens, i));
    }
    new BatchSearch(model, method.rows()).run(PROMPTS, searches);
    return searches.stream().map(Search::result).toList();
  }

  private static SlowSearch slow(TableModel model, int prompt, Constraints constraints, int most) {
    return new SlowSearch(
        model::logProbabilities,
        boxed(PROMPTS.get(prompt)),
        END,
        constraints.noRepeatNGram(),
        constraints.minNewTokens(),
        most);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.9, 0, 0, 9",
    "2, 0.0, 2, 0, 12",
    "3, 0.9, 4, 0, 12",
    "3, -0.7, 3, 2, 8",
    "4, 2.0, 1, 0, 20",
    "10, 0.8, 2, 3, 7",
    "10, 1.0, 0, 0, 1",
    "2, 1.0, 1, 30, 30",
  })
  void tokensAndScoresAreThoseOfTheDefinition(
      int beams, double lengthPenalty, int noRepeat, int least, int most) {
    Constraints constraints = new Constraints(ImmutableSet.of(END), noRepeat, least);
    int ended = 0;
    for (long seed = 0; seed < 25; seed++) {
      TableModel model = new TableModel(6 + (int) (seed % 3) * 7, seed);
      List<Generation> texts =
          generate(
              model,
              new BeamSearch(beams, lengthPenalty, Stopping.NO_BETTER_POSSIBLE),
              constraints,
              most);
      for (int prompt = 0; prompt < PROMPTS.size(); prompt++) {
        SlowSearch.Text expected =
            slow(model, prompt, constraints, most).beam(beams, lengthPenalty);
        Generation text = texts.get(prompt);
        List<Integer> tokens = new ArrayList<>(boxed(text.tokens()));
        if (text.ended()) {
          tokens.add(END);
          ended++;
        }
        assertEquals(expected.tokens(), tokens, "seed " + seed);
        assertEquals(expected.score(), text.score(), 1e-9);
        assertEquals(expected.logProbability(), text.logProbability(), 1e-9);
      }
    }
    assertTrue(least == most || ended > 0);
  }

  @Test
  void greedyTakesTheMostProbableTokenOfThoseThatMayCome() {
    Constraints constraints = new Constraints(ImmutableSet.of(END), 3, 4);
    for (long seed = 0; seed < 25; seed++) {
      TableModel model = new TableModel(6, seed);
      List<Generation> texts = generate(model, new DecodingMethod.Greedy(), constraints, 15);
      for (int prompt = 0; prompt < PROMPTS.size(); prompt++) {
        List<Integer> tokens = new ArrayList<>(boxed(texts.get(prompt).tokens()));
        if (texts.get(prompt).ended()) {
          tokens.add(END);
        }
        assertEquals(slow(model, prompt, constraints, 15).greedy(), tokens);
      }
    }
  }

  @Test
  void stoppingWhereNoBetterIsLikelyMissesATextThatGetsBetterLate() {
    // Ending at once has log p −1; the other way costs −1.2 first and next to nothing afterwards.
    TableModel model =
        new TableModel(
            4,
            text -> {
              boolean first = text.get(text.size() - 1) != 3;
              return first ? new float[] {-9, -9, -1, -1.2f} : new float[] {-9, -9, -8, -0.01f};
            });
    Constraints constraints = new Constraints(ImmutableSet.of(END), 0, 0);
    List<Generation> exact =
        generate(model, new BeamSearch(1, 1, Stopping.NO_BETTER_POSSIBLE), constraints, 5);
    List<Generation> likely =
        generate(model, new BeamSearch(1, 1, Stopping.NO_BETTER_LIKELY), constraints, 5);
    assertArrayEquals(new int[] {3, 3, 3, 3, 3}, exact.get(0).tokens());
    assertEquals(-1.24 / 5, exact.get(0).score(), 1e-6);
    assertArrayEquals(new int[0], likely.get(0).tokens());
    assertEquals(-1, likely.get(0).score(), 1e-6);
  }

  @Test
  void bannedTokensAreThoseThatWouldRepeatAnNGramOrEndTooSoon() {
    Constraints constraints = new Constraints(ImmutableSet.of(9), 3, 6);
    assertEquals(Set.of(9), constraints.banned(new int[] {1, 2}));
    assertEquals(Set.of(9, 3), constraints.banned(new int[] {1, 2, 3, 1, 2}));
    assertEquals(Set.of(3, 4), constraints.banned(new int[] {1, 2, 3, 1, 2, 4, 1, 2}));
    assertEquals(Set.of(1), constraints.banned(new int[] {5, 5, 1, 1, 1, 1}));
    Constraints single = new Constraints(ImmutableSet.of(9), 1, 0);
    assertEquals(Set.of(4, 7), single.banned(new int[] {4, 7, 4}));
    assertEquals(Set.of(), single.banned(new int[0]));
  }

  @Test
  void drawnTokensComeAsOftenAsTheirProbabilitySays() {
    double[] logs = new double[8];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log((8 - i) / 36.0);
    }
    // At temperature 0.5 weights are squares: 64 49 36 25 16 of the first 5; 0.8 of their 190 keeps
    // 4 (174), and 0.78 keeps 3 of them no more than 149 = 0.784.
    assertFrequencies(logs, 0.5, 5, 0.8, 64, 49, 36, 25);
    assertFrequencies(logs, 0.5, 5, 0.78, 64, 49, 36);
    assertFrequencies(logs, 1, 0, 1, 8, 7, 6, 5, 4, 3, 2, 1);
    assertFrequencies(logs, 1, 0, 0.01, 1);
    assertFrequencies(logs, 3, 2, 1, Math.cbrt(8), Math.cbrt(7));
  }

  private static void assertFrequencies(
      double[] logs, double temperature, int topK, double topP, double... weights) {
    SingleSearch.Drawn drawn =
        new SingleSearch.Drawn(new DecodingMethod.Sampling(temperature, topK, topP, 7), 0);
    int draws = 40_000;
    double[] counts = new double[weights.length];
    for (int i = 0; i < draws; i++) {
      counts[drawn.choose(logs)]++;
    }
    double sum = Arrays.stream(weights).sum();
    for (int i = 0; i < weights.length; i++) {
      assertEquals(weights[i] / sum, counts[i] / draws, 0.01);
    }
  }

  @Test
  void drawnTextsDependOnSeedAndPromptAlone() {
    TableModel model = new TableModel(12, 5);
    Constraints constraints = new Constraints(ImmutableSet.of(END), 0, 3);
    DecodingMethod sampling = new DecodingMethod.Sampling(1, 0, 0.95, 3);
    List<Generation> first = generate(model, sampling, constraints, 20);
    assertEquals(first, generate(model, sampling, constraints, 20));
    assertFalse(
        first.equals(generate(model, new DecodingMethod.Sampling(1, 0, 0.95, 4), constraints, 20)));
    for (int prompt = 0; prompt < PROMPTS.size(); prompt++) {
      Search alone = sampling.search(constraints, 20, prompt);
      new BatchSearch(model, 1).run(List.of(PROMPTS.get(prompt)), List.of(alone));
      assertArrayEquals(first.get(prompt).tokens(), alone.result().tokens());
    }
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertRefused("beams is 0", () -> new BeamSearch(0, 1, Stopping.NO_BETTER_POSSIBLE));
    assertRefused(
        "lengthPenalty is NaN", () -> new BeamSearch(1, Double.NaN, Stopping.NO_BETTER_POSSIBLE));
    assertRefused("temperature is 0.0", () -> new DecodingMethod.Sampling(0, 0, 1, 0));
    assertRefused("topK is -1", () -> new DecodingMethod.Sampling(1, -1, 1, 0));
    assertRefused("topP is 1.5", () -> new DecodingMethod.Sampling(1, 0, 1.5, 0));
    DecodingMethod greedy = new DecodingMethod.Greedy();
    assertRefused("maxNewTokens is 0", () -> new DecodingSettings(greedy, 0, 0, 0, 1, true));
    assertRefused("minNewTokens is 3", () -> new DecodingSettings(greedy, 0, 3, 2, 1, true));
    assertRefused("batch is 0", () -> new DecodingSettings(greedy, 0, 0, 2, 0, true));
    assertRefused("noRepeatNGram is -1", () -> new DecodingSettings(greedy, -1, 0, 2, 1, true));
  }

  private static void assertRefused(String message, Runnable action) {
    String refused = assertThrows(IllegalArgumentException.class, action::run).getMessage();
    assertTrue(refused.startsWith(message), refused);
  }
}
