package org.bilora.cli.option;

import java.util.Optional;
import org.bilora.data.CustomFormat;
import picocli.CommandLine.Option;

/** Where the texts of a user's own files stand. */
public final class ColumnOptions {
  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description =
          "Column (or field of JSONL) with the text, or the first of two (default: text, sentence,"
              + " text1 or sentence1).")
  private String text;

  @Option(
      names = "--pair-column",
      paramLabel = "NAME",
      description =
          "Column with the second text (default: text2 or sentence2, where there is one).")
  private String pair;

  @Option(
      names = "--skip-invalid",
      description = "Leave out rows that cannot be used, and say how many, instead of an error.")
  private boolean skipInvalid;

  /** A format in which these options, where they are given, come before it. */
  public CustomFormat over(CustomFormat format) {
    return format.withTextsOf(
        CustomFormat.USUAL.withTexts(
            Optional.ofNullable(text), Optional.ofNullable(pair), skipInvalid));
  }
}
