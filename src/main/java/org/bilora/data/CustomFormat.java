package org.bilora.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
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
 * @param labelColumns several columns, each with a score, or with 1 where the label of its name is
 *     there and 0 where it is not; empty for one column
 * @param labelSeparator what stands between the labels of a row in one column; empty for one label
 */
public record CustomFormat(
    Optional<String> textColumn,
    Optional<String> pairColumn,
    Optional<String> labelColumn,
    Optional<TaskType> type,
    boolean skipInvalid,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<String> labelColumns,
    @JsonProperty(required = false) @JsonInclude(JsonInclude.Include.NON_ABSENT)
        Optional<String> labelSeparator) {

  /** Everything as the files say it, and no row that cannot be used. */
  public static final CustomFormat USUAL =
      new CustomFormat(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

  /** Checks that labels stand in one column or in several. */
  public CustomFormat {
    labelColumns = labelColumns == null ? List.of() : List.copyOf(labelColumns);
    if (!labelColumns.isEmpty() && (labelColumn.isPresent() || labelSeparator.isPresent())) {
      throw new IllegalArgumentException(
          "the labels are in several columns (%s), and in one%s; leave one of them out"
              .formatted(
                  String.join(", ", labelColumns),
                  labelSeparator.map(s -> " cut at " + s).orElse("")));
    }
    if (labelSeparator.isPresent() && labelSeparator.get().isEmpty()) {
      throw new IllegalArgumentException("the label separator is empty; give a character");
    }
  }

  /** One label in one column. */
  public CustomFormat(
      Optional<String> textColumn,
      Optional<String> pairColumn,
      Optional<String> labelColumn,
      Optional<TaskType> type,
      boolean skipInvalid) {
    this(textColumn, pairColumn, labelColumn, type, skipInvalid, List.of(), Optional.empty());
  }

  /** The same with texts elsewhere. */
  public CustomFormat withTexts(
      Optional<String> text, Optional<String> pair, boolean skippingInvalid) {
    return new CustomFormat(
        text, pair, labelColumn, type, skippingInvalid, labelColumns, labelSeparator);
  }

  /** The same with texts where another one says that they are; it says nothing of the rest. */
  public CustomFormat withTextsOf(CustomFormat given) {
    return withTexts(
        given.textColumn.or(() -> textColumn),
        given.pairColumn.or(() -> pairColumn),
        given.skipInvalid || skipInvalid);
  }

  /** The same with labels elsewhere. */
  public CustomFormat withLabels(
      Optional<String> column, List<String> columns, Optional<String> separator) {
    return new CustomFormat(textColumn, pairColumn, column, type, skipInvalid, columns, separator);
  }

  /** The same with labels that stand for something else. */
  public CustomFormat withType(TaskType other) {
    return new CustomFormat(
        textColumn,
        pairColumn,
        labelColumn,
        Optional.of(other),
        skipInvalid,
        labelColumns,
        labelSeparator);
  }
}
