package org.bilora.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashSet;
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
  void theSentencesTriedOutAreInNoSplit() throws IOException {
    Dataset grammar = Tasks.load(Quickstart.TASK, Optional.empty());
    Set<String> known = new HashSet<>();
    grammar.splits().values().forEach(split -> split.forEach(example -> known.add(example.text())));
    for (String sentence : QuickstartData.SENTENCES) {
      assertFalse(known.contains(sentence), sentence);
    }
  }

  @Test
  void chosenSentencesHaveTheLengthOfOneBatchShapeAndKeepTheirSplit() throws IOException {
    Dataset grammar = Tasks.load(Quickstart.TASK, Optional.empty());
    try (Tokenizer tokenizer = new WordTokenizer(64, 0)) {
      Dataset chosen = QuickstartData.choose(grammar, tokenizer);
      assertEquals(chosen, QuickstartData.choose(grammar, tokenizer));
      for (String split : chosen.splits().keySet()) {
        Set<Example> all = new HashSet<>(grammar.split(split));
        assertTrue(chosen.split(split).size() > 100, split);
        for (Example example : chosen.split(split)) {
          int length = tokenizer.encode(example.text(), example.pair(), 99).length();
          assertTrue(length >= 9 && length <= 16, example.text());
          assertTrue(all.contains(example), example.text());
        }
      }
    }
  }
}
