package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.TreeMap;

/** The rows of a file that cannot be used: all counted, the first told. */
final class InvalidRows {
  private static final int TOLD = 20;

  private final TextFile file;
  private final TreeMap<Integer, InvalidRowException> first = new TreeMap<>();
  private int count;

  InvalidRows(TextFile file) {
    this.file = file;
  }

  void add(InvalidRowException row) {
    count++;
    first.putIfAbsent(row.line(), row);
    if (first.size() > TOLD) {
      first.pollLastEntry();
    }
  }

  int count() {
    return count;
  }

  /**
   * Goes on without the rows where that is wanted.
   *
   * @param all rows of the file, these included
   * @throws IOException when there are some and they are not to be left out
   */
  void leaveOut(boolean wanted, int all) throws IOException {
    if (wanted || count == 0) {
      return;
    }
    if (count == 1) {
      throw first.firstEntry().getValue();
    }
    throw new InvalidRowsException(
        "%s: %,d of %,d rows cannot be used".formatted(file.path(), count, all),
        first.values().stream()
            .map(InvalidRowException::withoutFile)
            .collect(ImmutableList.toImmutableList()),
        count);
  }
}
