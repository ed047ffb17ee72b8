package org.bilora.generate;

import java.util.Arrays;
import java.util.List;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.types.TInt32;

/**
 * Token ids of rows of different lengths, padding before them, so that all end in the last column.
 *
 * @param ids {@code [rows][longest]}
 * @param mask 1 for a token, 0 for padding, {@code [rows][longest]}
 */
record PaddedRows(int[][] ids, int[][] mask) {

  static PaddedRows of(List<int[]> rows) {
    int longest = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
    int[][] ids = new int[rows.size()][longest];
    int[][] mask = new int[rows.size()][longest];
    for (int row = 0; row < ids.length; row++) {
      int length = rows.get(row).length;
      System.arraycopy(rows.get(row), 0, ids[row], longest - length, length);
      Arrays.fill(mask[row], longest - length, longest, 1);
    }
    return new PaddedRows(ids, mask);
  }

  TInt32 idTensor() {
    return TInt32.tensorOf(StdArrays.ndCopyOf(ids));
  }

  TInt32 maskTensor() {
    return TInt32.tensorOf(StdArrays.ndCopyOf(mask));
  }

  /** Some of the rows; columns stay as they are. */
  PaddedRows only(int[] rows) {
    return new PaddedRows(
        Arrays.stream(rows).mapToObj(row -> ids[row]).toArray(int[][]::new),
        Arrays.stream(rows).mapToObj(row -> mask[row]).toArray(int[][]::new));
  }

  /** Tokens in a row. */
  int length(int row) {
    return Arrays.stream(mask[row]).sum();
  }
}
