package org.bilora.cli.option;

import java.util.List;
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

  @Option(
      names = "--label-columns",
      paramLabel = "NAME",
      split = ",",
      description =
          "Several columns: with 0 and 1, labels of the columns' names that a text has or not; with"
              + " other numbers, scores.")
  private List<String> labels = List.of();

  @Option(
      names = "--label-separator",
      paramLabel = "TEXT",
      description =
          "What stands between a text's labels in their column (JSONL may have a list instead).")
  private String separator;

  /** A format in which these options, where they are given, come before it. */
  public CustomFormat over(CustomFormat format) {
    if (label == null && labels.isEmpty() && separator == null) {
      return format;
    }
    boolean several = !labels.isEmpty();
    return format.withLabels(
        Optional.ofNullable(label).or(() -> several ? Optional.empty() : format.labelColumn()),
        several || label != null || separator != null ? labels : format.labelColumns(),
        Optional.ofNullable(separator)
            .or(() -> several ? Optional.empty() : format.labelSeparator()));
  }
}
