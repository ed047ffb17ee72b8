package org.bilora.cli.option;

import java.util.OptionalDouble;
import org.bilora.model.HiddenKey;
import picocli.CommandLine.Option;

/** {@link HiddenKey}: dropout in place of the model's own, while training. */
final class DropoutOptions {
  @Option(
      names = "--drop-key",
      paramLabel = "X",
      description =
          "HiddenKey: probability of dropping a key of attention for all queries, before the softmax,"
              + " in place of the model's own dropout of attention; 0: the model's own (default:"
              + " ${DEFAULT-VALUE}).")
  private double dropKey;

  @Option(
      names = "--hidden-cut",
      paramLabel = "X",
      description =
          "HiddenKey: probability of dropping an output of a feed-forward layer, in place of the"
              + " model's own dropout there; 0: the model's own (default: ${DEFAULT-VALUE}).")
  private double hiddenCut;

  @Option(
      names = "--kl-weight",
      paramLabel = "X",
      description =
          "HiddenKey and R-Drop: weight of the bidirectional divergence between two passes over each"
              + " lower batch, which cost twice as much as one; 0: one pass (default:"
              + " ${DEFAULT-VALUE}).")
  private double klWeight;

  OptionalDouble dropKey() {
    return OptionalDouble.of(dropKey);
  }

  OptionalDouble hiddenCut() {
    return OptionalDouble.of(hiddenCut);
  }

  OptionalDouble klWeight() {
    return OptionalDouble.of(klWeight);
  }
}
