package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * GLUE's nine tasks (Wang et al. 2018): names, classes, metrics and columns as its own distribution
 * has them. Class order is that of the published results, so that index 1 is F1's positive class.
 */
enum GlueTask {
  COLA("CoLA", "is a sentence grammatical", labels("0", "1"), metrics(MetricName.MATTHEWS)) {
    @Override
    Columns columns(String split) {
      return split.equals(Dataset.TEST)
          ? Columns.ofText("sentence")
          : new Columns(
              Optional.of(ImmutableList.of("source", "label", "star", "sentence")),
              "sentence",
              Optional.empty(),
              "label");
    }
  },
  SST2("SST-2", "sentiment of a film review", labels("0", "1"), metrics(MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofText("sentence");
    }
  },
  MRPC(
      "MRPC",
      "do two sentences say the same",
      labels("0", "1"),
      metrics(MetricName.F1, MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("#1 String", "#2 String", "Quality");
    }
  },
  STSB(
      "STS-B",
      "how similar are two sentences, from 0 to 5",
      ImmutableList.of(),
      metrics(MetricName.PEARSON, MetricName.SPEARMAN)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("sentence1", "sentence2", "score");
    }
  },
  RTE(
      "RTE",
      "does the first sentence entail the second",
      labels("entailment", "not_entailment"),
      metrics(MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("sentence1", "sentence2", "label");
    }
  },
  QNLI(
      "QNLI",
      "does a sentence answer a question",
      labels("entailment", "not_entailment"),
      metrics(MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("question", "sentence", "label");
    }
  },
  QQP(
      "QQP",
      "do two questions ask the same",
      labels("0", "1"),
      metrics(MetricName.F1, MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("question1", "question2", "is_duplicate");
    }

    // A few questions of the official files hold a line break, which tears their rows apart.
    @Override
    int brokenRowsPerThousand() {
      return 1;
    }
  },
  MNLI(
      "MNLI",
      "entailment across genres, matched and mismatched",
      labels("entailment", "neutral", "contradiction"),
      metrics(MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("sentence1", "sentence2", "gold_label");
    }

    @Override
    Map<String, String> files() {
      return ImmutableMap.of(
          Dataset.TRAIN,
          "train.tsv",
          Dataset.DEV,
          "dev_matched.tsv",
          "dev_mismatched",
          "dev_mismatched.tsv",
          Dataset.TEST,
          "test_matched.tsv",
          "test_mismatched",
          "test_mismatched.tsv");
    }
  },
  WNLI(
      "WNLI",
      "does a pronoun's sentence entail another",
      labels("0", "1"),
      metrics(MetricName.ACCURACY)) {
    @Override
    Columns columns(String split) {
      return Columns.ofPair("sentence1", "sentence2", "label");
    }
  };

  /** The task's folder in GLUE's distribution. */
  final String folder;

  final String summary;
  private final List<String> labels;
  private final List<MetricName> metrics;

  GlueTask(String folder, String summary, List<String> labels, List<MetricName> metrics) {
    this.folder = folder;
    this.summary = summary;
    this.labels = labels;
    this.metrics = metrics;
  }

  /**
   * Where a file keeps what.
   *
   * @param withoutHeader the columns' names where the file does not begin with them
   * @param label the column of labels, which test files lack
   */
  record Columns(
      Optional<List<String>> withoutHeader, String text, Optional<String> pair, String label) {
    static Columns ofText(String text) {
      return new Columns(Optional.empty(), text, Optional.empty(), "label");
    }

    static Columns ofPair(String text, String pair, String label) {
      return new Columns(Optional.empty(), text, Optional.of(pair), label);
    }
  }

  /** The columns of a split's file. */
  abstract Columns columns(String split);

  /** File names by split, in the order they are read. */
  Map<String, String> files() {
    return ImmutableMap.of(
        Dataset.TRAIN, "train.tsv", Dataset.DEV, "dev.tsv", Dataset.TEST, "test.tsv");
  }

  /** How many of a thousand rows may have too few or too many columns and are left out. */
  int brokenRowsPerThousand() {
    return 0;
  }

  /** The name on the command line. */
  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  Task task() {
    return new Task(id(), columns(Dataset.TRAIN).pair().isPresent(), labels, metrics);
  }

  /** The task that a name means, in any case and with or without hyphens. */
  static Optional<GlueTask> named(String name) {
    for (GlueTask task : values()) {
      if (task.matches(name)) {
        return Optional.of(task);
      }
    }
    return Optional.empty();
  }

  /** Whether a task's or folder's name means this task. */
  boolean matches(String name) {
    return name.replaceAll("[-_]", "").equalsIgnoreCase(name());
  }

  private static List<String> labels(String... labels) {
    return ImmutableList.copyOf(labels);
  }

  private static List<MetricName> metrics(MetricName... metrics) {
    return ImmutableList.copyOf(metrics);
  }
}
