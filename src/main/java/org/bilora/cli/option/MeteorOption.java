package org.bilora.cli.option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bilora.eval.generation.Meteor;
import picocli.CommandLine.Option;

/** Where METEOR's own program is, which alone computes the metric of that name. */
public final class MeteorOption {
  @Option(
      names = "--meteor-jar",
      paramLabel = "JAR",
      description =
          "The official meteor-1.5.jar, its data folder beside it; without it METEOR is not"
              + " computed.")
  private Path jar;

  /**
   * The program, where it was given.
   *
   * @throws IOException when it is not there: which file
   */
  public Optional<Meteor> meteor() throws IOException {
    return jar == null ? Optional.empty() : Optional.of(Meteor.of(jar));
  }
}
