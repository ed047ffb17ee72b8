package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

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

  /** The same with texts of 4 to 26 tokens, every other one of a certain length: four buckets. */
  public static Dataset lengths(int train, int dev, long seed) {
    Dataset plain = classes(train, dev, seed);
    Random random = new Random(seed);
    return new Dataset(
        plain.task(),
        ImmutableMap.copyOf(
            Maps.transformValues(
                plain.splits(),
                examples -> examples.stream().map(example -> longer(example, random)).toList())),
        plain.source(),
        "lengths-" + seed);
  }

  private static Example longer(Example example, Random random) {
    String more = "a ".repeat(8 * random.nextInt(3));
    return new Example(
        more + example.text(), Optional.empty(), (int) example.target().orElseThrow());
  }

  /** How many words two texts have together; Pearson. */
  public static Dataset scores(int train, int dev, long seed) {
    return dataset(
        new Task("tiny-scores", true, ImmutableList.of(), ImmutableList.of(MetricName.PEARSON)),
        train,
        dev,
        seed);
  }

  /** Whether a text contains one certain word, and whether it has more than three others. */
  public static Dataset labels(int train, int dev, long seed) {
    return dataset(
        new Task(
            "tiny-labels",
            false,
            ImmutableList.of("signal", "long"),
            ImmutableList.of(MetricName.MICRO_F1, MetricName.MACRO_F1, MetricName.ACCURACY),
            Optional.empty(),
            TaskType.MULTI_LABEL),
        train,
        dev,
        seed);
  }

  /** How many words a text has, and how many are missing to five. */
  public static Dataset severalScores(int train, int dev, long seed) {
    return dataset(
        new Task(
            "tiny-several-scores",
            false,
            ImmutableList.of("words", "missing"),
            ImmutableList.of(MetricName.PEARSON),
            Optional.empty(),
            TaskType.REGRESSION),
        train,
        dev,
        seed);
  }

  /** Which words are a certain one, or the one behind it. */
  public static Dataset tags(int train, int dev, long seed) {
    return dataset(
        new Task(
            "tiny-tags",
            false,
            ImmutableList.of("O", "B-X", "I-X"),
            TaskType.TOKEN_CLASSIFICATION.usualMetrics(3),
            Optional.empty(),
            TaskType.TOKEN_CLASSIFICATION),
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
      if (task.type() == TaskType.TOKEN_CLASSIFICATION) {
        String tagged = SIGNAL + " two " + text;
        List<Span> spans = Words.of(tagged);
        List<Double> tags =
            IntStream.range(0, spans.size()).mapToObj(word -> word < 2 ? word + 1.0 : 0.0).toList();
        examples.add(new Example(tagged, Optional.empty(), Optional.of(tags), Optional.of(spans)));
      } else if (task.labels().size() == 2 && task.regression()) {
        double scaled = (words - 3.5) / 1.5;
        examples.add(
            new Example(
                text.toString(), Optional.empty(), Optional.of(List.of(scaled, 1 - scaled))));
      } else if (task.type() == TaskType.MULTI_LABEL) {
        boolean with = i % 2 == 1;
        List<Double> present = List.of(with ? 1.0 : 0.0, words > 3 ? 1.0 : 0.0);
        examples.add(
            new Example(
                with ? text + SIGNAL : text.toString(), Optional.empty(), Optional.of(present)));
      } else if (task.regression()) {
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
