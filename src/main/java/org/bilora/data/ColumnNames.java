package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The columns of a table that matter, by the names the table gives them.
 *
 * @param text of the (first) text
 * @param pair of the second text
 * @param labels of the label or score, or of several; empty where there is none
 */
record ColumnNames(String text, Optional<String> pair, List<String> labels) {
  private static final List<String> TEXT =
      ImmutableList.of("text", "sentence", "text1", "sentence1");
  private static final List<String> PAIR = ImmutableList.of("text2", "sentence2");
  private static final String LABEL = "label";
  private static final String SCORE = "score";
  private static final String WANTED =
      "name the columns text (or sentence, text1, sentence1), label or score, and for pairs text2"
          + " (or sentence2), or say which they are with --text-column, --label-column and"
          + " --pair-column";

  /**
   * Finds the columns.
   *
   * @param header where the names stand
   * @param labelled whether the label matters
   * @throws InvalidRowException when a column that is needed is missing or there twice
   */
  static ColumnNames of(
      TextFile.Line header, List<String> names, CustomFormat format, boolean labelled)
      throws InvalidRowException {
    Optional<String> text = find(header, names, format.textColumn(), TEXT);
    if (text.isEmpty()) {
      throw header.problem("no text among the columns %s; %s".formatted(shown(names), WANTED));
    }
    Optional<String> pair = find(header, names, format.pairColumn(), PAIR);
    if (!labelled) {
      return new ColumnNames(text.get(), pair, List.of());
    }
    if (!format.labelColumns().isEmpty()) {
      return new ColumnNames(text.get(), pair, several(header, names, format.labelColumns()));
    }
    Optional<String> label = find(header, names, format.labelColumn(), ImmutableList.of(LABEL));
    if (format.labelColumn().isPresent()) {
      return new ColumnNames(text.get(), pair, label.stream().toList());
    }
    Optional<String> score = find(header, names, Optional.empty(), ImmutableList.of(SCORE));
    if (label.isPresent() && score.isPresent()) {
      throw header.problem(
          "both a label and a score; say which is to be learnt with --label-column");
    }
    return new ColumnNames(text.get(), pair, label.or(() -> score).stream().toList());
  }

  /** Whether the column's name says that it holds scores. */
  boolean scored() {
    return labels.size() == 1 && labels.get(0).toLowerCase(Locale.ROOT).equals(SCORE);
  }

  /** Columns that must be there, or all be missing as in a test set. */
  private static List<String> several(TextFile.Line header, List<String> names, List<String> asked)
      throws InvalidRowException {
    List<String> found = new ArrayList<>();
    for (String column : asked) {
      if (names.contains(column.strip()) || !found.isEmpty()) {
        found.addAll(
            find(header, names, Optional.of(column), ImmutableList.of()).stream().toList());
      }
    }
    if (!found.isEmpty() && found.size() < asked.size()) {
      throw header.problem(
          "of the label columns %s only %s are there among %s"
              .formatted(
                  Messages.cut(String.join(", ", asked)),
                  Messages.cut(String.join(", ", found)),
                  shown(names)));
    }
    if (Set.copyOf(found).size() < found.size()) {
      throw header.problem(
          "a label column is named twice in %s".formatted(Messages.cut(String.join(", ", asked))));
    }
    return found;
  }

  private static Optional<String> find(
      TextFile.Line header, List<String> names, Optional<String> asked, List<String> usual)
      throws InvalidRowException {
    if (asked.isPresent()) {
      String name = asked.get().strip();
      boolean exact = names.contains(name);
      List<String> same =
          names.stream().filter(n -> exact ? n.equals(name) : n.equalsIgnoreCase(name)).toList();
      if (same.isEmpty()) {
        throw header.problem("no column '%s' among %s".formatted(Messages.cut(name), shown(names)));
      }
      return Optional.of(single(header, same));
    }
    for (String name : usual) {
      List<String> same =
          names.stream().filter(n -> n.toLowerCase(Locale.ROOT).equals(name)).toList();
      if (!same.isEmpty()) {
        return Optional.of(single(header, same));
      }
    }
    return Optional.empty();
  }

  private static String single(TextFile.Line header, List<String> same) throws InvalidRowException {
    if (same.size() > 1) {
      throw header.problem(
          "%d columns are called %s; rename all but one"
              .formatted(same.size(), String.join(", ", same)));
    }
    return same.get(0);
  }

  private static String shown(List<String> names) {
    return Messages.cut(String.join(", ", names));
  }
}
