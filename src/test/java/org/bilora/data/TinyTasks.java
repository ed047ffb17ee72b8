package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Small data sets of random words that a tiny encoder can learn within seconds. Their texts are of
 * 4 to 8 tokens, pairs of 9 to 12: one length bucket, one compilation.
 */
public final class TinyTasks {
  private static final List<String> WORDS =
      ImmutableList.of("the", "cat", "sat", "on", "a", "mat", "and", "saw", "two", "birds");
  private static final String SIGNAL = "gladly";

  private TinyTasks() {}

  /** Whether a text contains one certain word; Matthews, then accuracy. */
  public static Dataset classes(int train, int dev, long seed) {
    Task task =
        new Task(
            "tiny-classes",
            false,
            ImmutableList.of("without", "with"),
            ImmutableList.of(MetricName.MATTHEWS, MetricName.ACCURACY));
    return dataset(task, train, dev, seed);
  }

  /** How many words two texts have together; Pearson. */
  public static Dataset scores(int train, int dev, long seed) {
    return dataset(
        new Task("tiny-scores", true, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON)),
        train,
        dev,
        seed);
  }

  private static Dataset dataset(Task task, int train, int dev, long seed) {
    Random random = new Random(seed);
    return new Dataset(
        task,
        ImmutableMap.of(
            Dataset.TRAIN, examples(task, train, random), Dataset.DEV, examples(task, dev, random)),
        "drawn from seed " + seed,
        "data-" + seed);
  }

  private static List<Example> examples(Task task, int count, Random random) {
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      int words = 2 + random.nextInt(4);
      StringBuilder text = new StringBuilder();
      for (int word = 0; word < words; word++) {
        text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
      }
      if (task.regression()) {
        examples.add(
            new Example(text.toString(), Optional.of("and two more words"), (words - 3.5) / 1.5));
      } else {
        boolean with = i % 2 == 1;
        String rest = with ? text + SIGNAL : text.toString();
        examples.add(new Example(rest, Optional.empty(), with ? 1 : 0));
      }
    }
    return examples.build();
  }
}
