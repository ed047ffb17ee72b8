package org.bilora.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A task of three classes for the three-class tiny BERT, with a header and a label per line. */
final class TinyRun {
  static final String MODEL = "src/test/resources/transformers/bert";
  private static final String[] SENTENCES = {
    "The river runs slowly past the old mill.", "A mill is slow.", "Why is the river slow?"
  };
  private static final String[] LABELS = {"fact", "opinion", "question"};

  private TinyRun() {}

  static List<String> lines() {
    List<String> lines = new ArrayList<>(List.of("text\tlabel"));
    for (int i = 0; i < 60; i++) {
      lines.add("the ".repeat(1 + i % 5) + SENTENCES[i % 3] + " " + i + "\t" + LABELS[i % 3]);
    }
    return lines;
  }

  /** Two steps of LoRA on a table of the user's. */
  static Call lora(Path data, Path run, Object... options) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--task",
                "custom",
                "--data",
                data,
                "--model",
                MODEL,
                "--out",
                run,
                "--method",
                "lora",
                "--rank",
                2,
                "--batch",
                8,
                "--max-length",
                24,
                "--jit",
                "off",
                "--max-steps",
                2));
    arguments.addAll(Arrays.asList(options));
    return Call.of(arguments.toArray());
  }
}
