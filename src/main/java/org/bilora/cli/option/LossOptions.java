package org.bilora.cli.option;

import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.step.ClassWeights;
import org.bilora.step.LossSettings;
import picocli.CommandLine.Option;

/** What is out of the ordinary in the task's loss. */
final class LossOptions {
  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      description =
          "Share of the target that the loss spreads over all classes or tokens (default:"
              + " ${DEFAULT-VALUE}; "
              + HelpTexts.LABEL_SMOOTHING
              + ").")
  private double labelSmoothing;

  @Option(
      names = "--class-weights",
      paramLabel = "WEIGHTS",
      description =
          "How much classes weigh in the loss: balanced (by how rare they are), or a number for each"
              + " in the order of the labels, such as 1,2.5; of several labels, where they are there"
              + " (default: all alike).")
  private String classWeights;

  @Option(
      names = "--focal-gamma",
      paramLabel = "X",
      description =
          "Focal loss: an example that has its class with probability p weighs (1 - p)^X; 0 for none"
              + " (default: ${DEFAULT-VALUE}).")
  private double focalGamma;

  OptionalDouble labelSmoothing() {
    return labelSmoothing == 0 ? OptionalDouble.empty() : OptionalDouble.of(labelSmoothing);
  }

  LossSettings settings() {
    return new LossSettings(
        Optional.ofNullable(classWeights)
            .filter(written -> !written.isEmpty())
            .map(ClassWeights::parse),
        focalGamma == 0 ? OptionalDouble.empty() : OptionalDouble.of(focalGamma));
  }
}
