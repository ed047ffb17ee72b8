package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.data.Tasks;
import org.bilora.text.Tokenizer;
import org.bilora.text.WordTokenizer;
import org.junit.jupiter.api.Test;

class QuickstartDataTest {
  @Test
  void thePairsTriedOutAreInNoSplitOfEitherTask() throws IOException {
    Set<String> known = new HashSet<>();
    for (String task : List.of("grammar", Quickstart.TASK)) {
      Tasks.load(task, Optional.empty())
          .splits()
          .values()
          .forEach(split -> split.forEach(example -> known.add(example.text())));
    }
    assertEquals(8, Set.copyOf(QuickstartData.SENTENCES).size());
    for (String sentence : QuickstartData.SENTENCES) {
      assertFalse(known.contains(sentence), sentence);
    }
  }

  @Test
  void chosenPairsHaveTheLengthOfOneBatchShapeDifferAndKeepTheirSplit() throws IOException {
    Dataset pairs = Tasks.load(Quickstart.TASK, Optional.empty());
    try (Tokenizer tokenizer = new WordTokenizer(64, 0)) {
      Dataset chosen = QuickstartData.choose(pairs, tokenizer, QuickstartData.Pairs.USUAL);
      assertEquals(chosen, QuickstartData.choose(pairs, tokenizer, QuickstartData.Pairs.USUAL));
      for (String split : chosen.splits().keySet()) {
        List<Example> all = pairs.split(split);
        List<Example> own = chosen.split(split);
        assertTrue(own.size() > 100, split);
        for (int i = 0; i < own.size(); i += 2) {
          int[] incorrect = tokens(tokenizer, own.get(i));
          int[] correct = tokens(tokenizer, own.get(i + 1));
          assertFalse(Arrays.equals(incorrect, correct), own.get(i).text());
          assertTrue(Math.min(incorrect.length, correct.length) >= 9, own.get(i).text());
          assertTrue(Math.max(incorrect.length, correct.length) <= 16, own.get(i).text());
          int place = all.indexOf(own.get(i));
          assertEquals(0, place % 2);
          assertEquals(own.get(i + 1), all.get(place + 1));
        }
      }
    }
  }

  private static int[] tokens(Tokenizer tokenizer, Example example) {
    return tokenizer.encode(example.text(), example.pair(), 99).inputIds();
  }

  @Test
  void aPairIsRightWhenItsSecondSentenceIsTheHigher() {
    assertEquals(0.5, Quickstart.rightPairs(List.of(0.1, 0.2, 0.7, 0.6)));
    assertEquals(0, Quickstart.rightPairs(List.of(0.5, 0.5)));
    assertEquals(1, Quickstart.rightPairs(List.of(0.8, 0.9, 0.0, 1.0)));
  }
}
