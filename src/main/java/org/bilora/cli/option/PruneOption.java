package org.bilora.cli.option;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bilora.train.Pruning;
import org.bilora.train.TrainedValues;
import picocli.CommandLine.Option;

/** How an adapter is pruned before it is exported. */
public final class PruneOption {
  /** Thresholds that a report shows beside the one that was asked for. */
  private static final List<String> SHOWN =
      List.of("0", "0.01", "0.02", "0.05", "0.1", "0.2", "0.3", "0.5", "0.7");

  @Option(
      names = "--prune",
      paramLabel = "THRESHOLD|RANK",
      description =
          "Drop the pseudo singular values (bilora, joint, adalora) that do not matter: below 1,"
              + " those whose part s |λ| ‖p‖ ‖q‖ of an increment is smaller than that share of the"
              + " largest part of all layers; a whole number from 1, all but so many for each layer"
              + " on average, the largest of all. Each layer keeps a rank of its own.")
  private String prune;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "With --prune, also write a report there: what thresholds cost on the dev split and save"
              + " in size, as Markdown, JSON and a picture.")
  private Path report;

  /** What is kept of values; empty where nothing is pruned. */
  public Optional<Pruning> of(TrainedValues values) {
    if (report != null && prune == null) {
      throw new IllegalArgumentException("--report goes with --prune");
    }
    return Optional.ofNullable(prune).map(written -> pruning(values, written));
  }

  /** The threshold or rank as it was given. */
  public String written() {
    return prune;
  }

  /** Where the report goes, where one is wanted. */
  public Optional<Path> report() {
    return Optional.ofNullable(report);
  }

  /** Ways of pruning that a report shows, the one that was asked for last. */
  public List<String> shown() {
    return Stream.concat(
            SHOWN.stream().filter(other -> !other.equals(prune) || other.equals("0")),
            Stream.of(prune))
        .toList();
  }

  /**
   * A way of pruning.
   *
   * @throws IllegalArgumentException when it is neither a threshold nor a rank
   */
  public static Pruning pruning(TrainedValues values, String written) {
    try {
      if (written.matches("[1-9][0-9]*")) {
        return Pruning.toRank(values, Integer.parseInt(written));
      }
      double threshold = Double.parseDouble(written);
      if (threshold >= 0 && threshold < 1) {
        return Pruning.below(values, threshold);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "--prune is '%s'; it must be a threshold from 0 to below 1, or a rank from 1"
            .formatted(written));
  }
}
