package org.bilora.cli.option;

import java.util.Optional;
import org.bilora.data.CustomFormat;
import picocli.CommandLine.Option;

/** Where the labels of a user's own files stand. */
public final class LabelOption {
  @Option(
      names = "--label-column",
      paramLabel = "NAME",
      description = "Column with the label or score (default: label or score).")
  private String label;

  /** A format in which this option, where it is given, comes before it. */
  public CustomFormat over(CustomFormat format) {
    return new CustomFormat(
        format.textColumn(),
        format.pairColumn(),
        Optional.ofNullable(label).or(format::labelColumn),
        format.type(),
        format.skipInvalid());
  }
}
