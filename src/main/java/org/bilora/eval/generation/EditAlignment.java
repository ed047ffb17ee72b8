package org.bilora.eval.generation;

import java.util.Arrays;
import java.util.List;

/**
 * The fewest insertions, deletions and replacements that make one text of another, and which word
 * stands where by them.
 *
 * <p>Only cells within {@link #BEAM} columns of the diagonal are computed. Of equally cheap edits
 * keeping or replacing a word comes first, then deleting, then inserting: TER's shifts depend on
 * it.
 */
final class EditAlignment {
  private static final int BEAM = 25;
  private static final int UNREACHED = Integer.MAX_VALUE / 2;

  private enum Edit {
    KEEP,
    REPLACE,
    DELETE,
    INSERT
  }

  private final int distance;
  private final int[] wordAt;
  private final boolean[] wordWrong;
  private final boolean[] referenceWrong;

  private EditAlignment(Edit[][] edits, int distance, int words, int references) {
    this.distance = distance;
    this.wordAt = new int[references];
    this.wordWrong = new boolean[words];
    this.referenceWrong = new boolean[references];
    int i = words;
    int j = references;
    while (i > 0 || j > 0) {
      Edit edit = edits[i][j];
      boolean wrong = edit != Edit.KEEP;
      // An inserted word stands after the last word before it.
      if (edit != Edit.DELETE) {
        wordAt[j - 1] = i - 1;
        referenceWrong[j - 1] = wrong;
        j--;
      }
      if (edit != Edit.INSERT) {
        wordWrong[i - 1] = wrong;
        i--;
      }
    }
  }

  static EditAlignment of(List<String> words, List<String> reference) {
    int rows = words.size();
    int columns = reference.size();
    int[][] costs = new int[rows + 1][columns + 1];
    Edit[][] edits = new Edit[rows + 1][columns + 1];
    for (int j = 0; j <= columns; j++) {
      costs[0][j] = j;
      edits[0][j] = Edit.INSERT;
    }
    double slope = rows == 0 ? 1 : (double) columns / rows;
    // Rows of a steep diagonal would not overlap otherwise.
    int beam = BEAM < slope / 2 ? (int) Math.ceil(slope / 2 + BEAM) : BEAM;
    for (int i = 1; i <= rows; i++) {
      Arrays.fill(costs[i], UNREACHED);
      int diagonal = (int) Math.floor(i * slope);
      int end = i == rows ? columns + 1 : Math.min(columns + 1, diagonal + beam);
      for (int j = Math.max(0, diagonal - beam); j < end; j++) {
        if (j > 0) {
          boolean same = words.get(i - 1).equals(reference.get(j - 1));
          set(
              costs,
              edits,
              i,
              j,
              costs[i - 1][j - 1] + (same ? 0 : 1),
              same ? Edit.KEEP : Edit.REPLACE);
        }
        set(costs, edits, i, j, costs[i - 1][j] + 1, Edit.DELETE);
        if (j > 0) {
          set(costs, edits, i, j, costs[i][j - 1] + 1, Edit.INSERT);
        }
      }
    }
    return new EditAlignment(edits, costs[rows][columns], rows, columns);
  }

  private static void set(int[][] costs, Edit[][] edits, int i, int j, int cost, Edit edit) {
    if (cost < costs[i][j]) {
      costs[i][j] = cost;
      edits[i][j] = edit;
    }
  }

  /** Number of edits. */
  int distance() {
    return distance;
  }

  /** Index of the word at a reference position, or of the last word before it; -1 for none. */
  int wordAt(int position) {
    return wordAt[position];
  }

  /** Whether one of the words from {@code start} is replaced or deleted. */
  boolean anyWordWrong(int start, int length) {
    return any(wordWrong, start, length);
  }

  /** Whether one of the reference's words from {@code start} is replaced or inserted. */
  boolean anyReferenceWrong(int start, int length) {
    return any(referenceWrong, start, length);
  }

  private static boolean any(boolean[] wrong, int start, int length) {
    for (int i = start; i < start + length; i++) {
      if (wrong[i]) {
        return true;
      }
    }
    return false;
  }
}
