package org.bilora.cli.option;

import java.util.Optional;
import org.bilora.bench.study.SideBySide;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --lanes}: whether small cells of a study run side by side. */
public final class LanesOption {
  private static final String AUTO = "auto";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--lanes",
      paramLabel = "auto|N",
      description =
          "Run cells side by side that differ in seed, rates, gammas and data alone: up to N of"
              + " them take a step together; auto chooses N by the size of their batches, for a"
              + " processor. Worth it for small batches; scores are the same but for rounding"
              + " (default: one cell after the other).")
  private String lanes;

  /** As the user said it; empty where nothing is said. */
  public Optional<SideBySide> sideBySide() {
    if (lanes == null) {
      return Optional.empty();
    }
    if (lanes.equals(AUTO)) {
      return Optional.of(SideBySide.AUTO);
    }
    try {
      return Optional.of(SideBySide.of(Integer.parseInt(lanes)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          command.commandLine(), "--lanes is %s; it must be auto, or 1 or more".formatted(lanes));
    }
  }
}
