package org.bilora.cli.command;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.text.Tokenizer;

/**
 * The part of the task {@code grammar-pairs} that a quickstart trains on, measures on, and tries
 * out. Its examples, too, come in pairs: an incorrect sentence and its correction.
 */
final class QuickstartData {
  /** Sentences of nearly one length share one batch shape, so one step is compiled, not several. */
  static final int SHORTEST = 9;

  static final int LONGEST = 16;

  /** How many pairs at most, of two sentences each. */
  record Pairs(int train, int dev, int test) {
    /** What takes minutes. */
    static final Pairs USUAL = new Pairs(3000, 400, 460);
  }

  /** Written for this purpose: each error before what was meant. */
  static final List<String> SENTENCES =
      ImmutableList.of(
          "She have never been to the mountains before.",
          "She has never been to the mountains before.",
          "I should of told you about it.",
          "I should have told you about it.",
          "He told me that he don't like cold coffee.",
          "He told me that he doesn't like cold coffee.",
          "Their going to the beach tomorrow.",
          "They're going to the beach tomorrow.");

  private QuickstartData() {}

  /**
   * A seeded choice of pairs of every split whose sentences have 9 to 16 tokens and not the same
   * ones; no split gains from another.
   */
  static Dataset choose(Dataset pairs, Tokenizer tokenizer, Pairs count) {
    return new Dataset(
        pairs.task(),
        ImmutableMap.of(
            Dataset.TRAIN, choose(pairs.split(Dataset.TRAIN), tokenizer, count.train()),
            Dataset.DEV, choose(pairs.split(Dataset.DEV), tokenizer, count.dev()),
            Dataset.TEST, choose(pairs.split(Dataset.TEST), tokenizer, count.test())),
        pairs.source(),
        pairs.sha256());
  }

  private static List<Example> choose(List<Example> examples, Tokenizer tokenizer, int count) {
    List<Integer> places = new ArrayList<>();
    for (int first = 0; first < examples.size(); first += 2) {
      int[] incorrect = tokens(tokenizer, examples.get(first));
      int[] correct = tokens(tokenizer, examples.get(first + 1));
      if (fits(incorrect) && fits(correct) && !Arrays.equals(incorrect, correct)) {
        places.add(first);
      }
    }
    Collections.shuffle(places, new Random(1));
    ImmutableList.Builder<Example> chosen = ImmutableList.builder();
    for (int first : places.subList(0, Math.min(count, places.size()))) {
      chosen.addAll(examples.subList(first, first + 2));
    }
    return chosen.build();
  }

  private static int[] tokens(Tokenizer tokenizer, Example example) {
    return tokenizer.encode(example.text(), example.pair(), LONGEST + 1).inputIds();
  }

  private static boolean fits(int[] tokens) {
    return tokens.length >= SHORTEST && tokens.length <= LONGEST;
  }
}
