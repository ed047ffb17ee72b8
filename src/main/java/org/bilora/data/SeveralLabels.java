package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What stands in several label columns, or in one with a list of labels. */
final class SeveralLabels {
  private static final Set<String> FLAGS = Set.of("0", "1");

  private SeveralLabels() {}

  /**
   * Columns of 0 and 1 are labels, of other numbers scores, unless the user says which they are.
   *
   * @param rows with a value per column; those that cannot be used are removed
   */
  static LabelReading ofColumns(
      List<CustomTable.Row> rows,
      List<String> columns,
      Optional<TaskType> asked,
      InvalidRows invalid) {
    TaskType type =
        asked.orElse(
            rows.stream().allMatch(SeveralLabels::hasFlags)
                ? TaskType.MULTI_LABEL
                : TaskType.REGRESSION);
    rows.removeIf(
        row -> {
          boolean fits =
              switch (type) {
                case MULTI_LABEL -> hasFlags(row);
                case REGRESSION -> row.targets().orElseThrow().stream().allMatch(Numbers::isNumber);
                default ->
                    throw new IllegalArgumentException(
                        "several label columns are for multi-label and regression, not %s"
                            .formatted(type.id()));
              };
          if (!fits) {
            invalid.add(
                row.line()
                    .problem(
                        "the label columns have %s; they must %s"
                            .formatted(
                                Messages.cut(String.join(", ", row.targets().orElseThrow())),
                                type == TaskType.MULTI_LABEL
                                    ? "have 0 or 1 each"
                                    : "have a number each (0 or 1 in all rows for labels)")));
          }
          return !fits;
        });
    return new LabelReading(
        type, ImmutableList.copyOf(columns), type == TaskType.MULTI_LABEL && asked.isEmpty());
  }

  /** Lists of labels, in alphabetical order. */
  static LabelReading ofLists(List<CustomTable.Row> rows, Optional<TaskType> asked) {
    if (asked.isPresent() && asked.get() != TaskType.MULTI_LABEL) {
      throw new IllegalArgumentException(
          "a list of labels per row is for multi-label, not %s".formatted(asked.get().id()));
    }
    return new LabelReading(
        TaskType.MULTI_LABEL,
        rows.stream()
            .flatMap(row -> row.targets().orElseThrow().stream())
            .distinct()
            .sorted()
            .collect(ImmutableList.toImmutableList()),
        false);
  }

  private static boolean hasFlags(CustomTable.Row row) {
    return row.targets().orElseThrow().stream().map(Numbers::canonical).allMatch(FLAGS::contains);
  }
}
