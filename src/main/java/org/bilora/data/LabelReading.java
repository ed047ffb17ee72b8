package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the labels of a user's training file stand for. Numbers of which one has a fraction are
 * scores; whole numbers and words are classes, in numerical or alphabetical order. A word among
 * scores, or one such as {@code nan} among whole numbers, is a mistake in its row. Several columns
 * of nothing but 0 and 1 are labels that are there or not, of other numbers scores.
 *
 * @param type what they stand for
 * @param labels the names of classes or labels in the order of their indices, or of several scores;
 *     empty for a single score
 * @param wholeNumbers whether they are whole numbers, which may be meant as scores
 */
record LabelReading(TaskType type, List<String> labels, boolean wholeNumbers) {
  /** Keeps copies of the collections. */
  LabelReading {
    labels = ImmutableList.copyOf(labels);
  }

  /** Spellings of nothing, which are words too. */
  private static final Set<String> NOTHING =
      Set.of("nan", "na", "n/a", "#n/a", "<na>", "nat", "null", "none", "nil", "-", "?");

  /**
   * Understands labels.
   *
   * @param rows with targets each; those that cannot be used are removed
   * @param columns says whether there are several, and whether one says that it holds scores
   * @param format says what the user has to say
   * @param invalid takes the rows that are removed
   */
  static LabelReading of(
      List<CustomTable.Row> rows, ColumnNames columns, CustomFormat format, InvalidRows invalid) {
    Optional<TaskType> asked = format.type();
    if (!format.labelColumns().isEmpty()) {
      return SeveralLabels.ofColumns(rows, columns.labels(), asked, invalid);
    }
    boolean scored = columns.scored();
    boolean lists = rows.stream().anyMatch(row -> row.targets().orElseThrow().size() != 1);
    if (format.labelSeparator().isPresent()
        || lists
        || asked.equals(Optional.of(TaskType.MULTI_LABEL))) {
      return SeveralLabels.ofLists(rows, asked);
    }
    if (asked.isPresent()) {
      return asked.get() == TaskType.REGRESSION ? scores(rows, invalid) : classes(rows, invalid);
    }
    boolean fractions =
        rows.stream().anyMatch(row -> isNumber(row) && !Numbers.isWhole(written(row)));
    return scored || fractions ? scores(rows, invalid) : classes(rows, invalid);
  }

  private static LabelReading scores(List<CustomTable.Row> rows, InvalidRows invalid) {
    rows.removeIf(
        row -> {
          if (isNumber(row)) {
            return false;
          }
          invalid.add(
              row.line()
                  .problem(
                      "the score is '%s'; it must be a number (--task-type classification takes"
                              .formatted(Messages.cut(written(row)))
                          + " words and numbers as classes)"));
          return true;
        });
    return new LabelReading(TaskType.REGRESSION, ImmutableList.of(), false);
  }

  private static LabelReading classes(List<CustomTable.Row> rows, InvalidRows invalid) {
    boolean numbers = rows.stream().anyMatch(LabelReading::isNumber);
    boolean onlyNumbers = rows.stream().allMatch(row -> isNumber(row) || isNothing(row)) && numbers;
    if (onlyNumbers) {
      rows.removeIf(
          row -> {
            if (isNothing(row)) {
              invalid.add(
                  row.line()
                      .problem(
                          "the label is '%s' where the others are numbers; fill it in or delete"
                                  .formatted(written(row))
                              + " the line"));
            }
            return isNothing(row);
          });
      return new LabelReading(
          TaskType.CLASSIFICATION,
          rows.stream()
              .map(row -> Numbers.canonical(written(row)))
              .distinct()
              .sorted(Comparator.comparing(java.math.BigDecimal::new))
              .collect(ImmutableList.toImmutableList()),
          rows.stream().allMatch(row -> Numbers.isWhole(written(row))));
    }
    Map<String, String> spelling = new LinkedHashMap<>();
    rows.removeIf(
        row -> {
          boolean number = isNumber(row);
          String same = number ? Numbers.canonical(written(row)) : LookAlikes.seen(written(row));
          String before = spelling.putIfAbsent(same, written(row));
          boolean twice = before != null && !before.equals(written(row));
          if (twice) {
            invalid.add(
                row.line()
                    .problem(
                        (number
                                ? "the label is '%s', elsewhere the same number is '%s'; write it"
                                    + " alike"
                                : "the label '%s' looks like '%s' elsewhere, but has other"
                                    + " characters; write it alike")
                            .formatted(Messages.cut(written(row)), Messages.cut(before))));
          }
          return twice;
        });
    return new LabelReading(
        TaskType.CLASSIFICATION, ImmutableList.sortedCopyOf(spelling.values()), false);
  }

  private static String written(CustomTable.Row row) {
    return row.target();
  }

  private static boolean isNumber(CustomTable.Row row) {
    return Numbers.isNumber(written(row));
  }

  private static boolean isNothing(CustomTable.Row row) {
    return NOTHING.contains(written(row).toLowerCase(Locale.ROOT));
  }
}
