package org.bilora.cli.command;

import java.util.ArrayList;
import java.util.List;

/** A task of three classes for the three-class tiny BERT, with a header and a label per line. */
final class TinyRun {
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
}
