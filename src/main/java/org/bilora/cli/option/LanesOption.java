package org.bilora.cli.option;

import com.google.common.base.Preconditions;
import java.util.Optional;
import java.util.OptionalInt;
import org.bilora.bench.study.SideBySide;
import org.bilora.cli.progress.SessionThreads;
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
          "Run cells side by side that differ in seed, rates, gammas and data alone. On a processor"
              + " auto runs one on each core; with N up to N of them take one step together, which"
              + " gains something where batches are tiny. On a GPU auto is 8. Scores are the same"
              + " but for rounding (default: one cell after the other).")
  private String lanes;

  /** As the user said it; empty where nothing is said. */
  public Optional<SideBySide> sideBySide() {
    if (lanes == null) {
      return Optional.empty();
    }
    try {
      Preconditions.checkArgument(lanes.equals(AUTO) || lanes.matches("\\d+"));
      OptionalInt width =
          lanes.equals(AUTO) ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(lanes));
      new SideBySide(width, false);
      return Optional.of(new SideBySide(width, SessionThreads.ofTheirOwn()));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          command.commandLine(), "--lanes is '%s'; it must be auto, or 1 or more".formatted(lanes));
    }
  }
}
