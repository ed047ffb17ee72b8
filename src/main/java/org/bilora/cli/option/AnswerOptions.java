package org.bilora.cli.option;

import java.util.List;
import picocli.CommandLine.Option;

/** What is written of each row beside its label. */
public final class AnswerOptions {
  @Option(
      names = "--keep",
      paramLabel = "NAME",
      split = ",",
      description = "Columns of --in to write beside the labels, such as an id.")
  private List<String> keep = List.of();

  @Option(
      names = "--probabilities",
      description = "Write the probabilities of all classes, in the order of the run's labels.")
  private boolean probabilities;

  /** Names of the columns that are kept. */
  public List<String> keep() {
    return keep;
  }

  /** Whether the probabilities of all classes are written. */
  public boolean probabilities() {
    return probabilities;
  }
}
