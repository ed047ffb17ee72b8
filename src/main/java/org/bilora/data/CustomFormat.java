package org.bilora.data;

import java.util.Optional;

/**
 * How a user's own files are read, where they do not say it themselves.
 *
 * @param textColumn name of the column with the (first) text; without it, the first of {@code
 *     text}, {@code sentence}, {@code text1}, {@code sentence1}
 * @param pairColumn of the second text; without it, {@code text2} or {@code sentence2}, where there
 *     is one
 * @param labelColumn of the label; without it, {@code label} or {@code score}
 * @param type what the labels stand for; without it, whole numbers and words are classes, numbers
 *     with fractions and whatever is in a column {@code score} are scores
 * @param skipInvalid whether rows that cannot be used are left out, rather than an error
 */
public record CustomFormat(
    Optional<String> textColumn,
    Optional<String> pairColumn,
    Optional<String> labelColumn,
    Optional<TaskType> type,
    boolean skipInvalid) {

  /** Everything as the files say it, and no row that cannot be used. */
  public static final CustomFormat USUAL =
      new CustomFormat(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);
}
