package org.bilora.cli.command;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.bilora.data.Dataset;
import org.bilora.data.Example;
import org.bilora.text.Tokenizer;

/** The part of the task {@code grammar} that a quickstart trains on, measures on, and tries out. */
final class QuickstartData {
  /** Sentences of nearly one length share one batch shape, so one step is compiled, not several. */
  static final int SHORTEST = 9;

  static final int LONGEST = 16;

  private static final int TRAIN = 2400;
  private static final int DEV = 600;
  private static final int TEST = 1000;

  /** Written for this purpose: each error next to what was meant. */
  static final List<String> SENTENCES =
      ImmutableList.of(
          "She have never been to the mountains before.",
          "She has never been to the mountains before.",
          "There is many reason to stay at home tonight.",
          "There are many reasons to stay at home tonight.",
          "I am looking forward to hear from you soon.",
          "I am looking forward to hearing from you soon.",
          "He told me that he don't like cold coffee.",
          "He told me that he doesn't like cold coffee.");

  private QuickstartData() {}

  /** A seeded choice of sentences of 9 to 16 tokens of every split; no split gains from another. */
  static Dataset choose(Dataset grammar, Tokenizer tokenizer) {
    return new Dataset(
        grammar.task(),
        ImmutableMap.of(
            Dataset.TRAIN, choose(grammar.split(Dataset.TRAIN), tokenizer, TRAIN),
            Dataset.DEV, choose(grammar.split(Dataset.DEV), tokenizer, DEV),
            Dataset.TEST, choose(grammar.split(Dataset.TEST), tokenizer, TEST)),
        grammar.source(),
        grammar.sha256());
  }

  private static List<Example> choose(List<Example> examples, Tokenizer tokenizer, int count) {
    List<Example> shuffled = new ArrayList<>(examples);
    Collections.shuffle(shuffled, new Random(1));
    return shuffled.stream()
        .filter(
            example -> {
              int length = tokenizer.encode(example.text(), example.pair(), LONGEST + 1).length();
              return length >= SHORTEST && length <= LONGEST;
            })
        .limit(count)
        .collect(ImmutableList.toImmutableList());
  }
}
