package org.bilora.scale.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.data.Example;
import org.bilora.data.TextRows;

/**
 * Rows that are answered together, as they travel between executors. As many as {@code predict}
 * answers together, cut from the beginning of a file, so that its texts meet the same others.
 */
record RowChunk(ArrayList<SentRow> rows) implements Serializable {
  /** Rows of a chunk. */
  static final int ROWS = 1024;

  /**
   * A row.
   *
   * @param line its number, counted from 1
   * @param pair second text; null where there is none
   * @param kept values of the columns to keep, each as the output takes it: a value of Spark's, or
   *     a {@link SentText}
   */
  record SentRow(int line, String text, String pair, Object[] kept) implements Serializable {
    static SentRow of(TextRows.Row row) {
      Object[] kept = row.kept().stream().map(SentText::of).toArray();
      Example example = row.example();
      return new SentRow(row.line(), example.text(), example.pair().orElse(null), kept);
    }

    Example example() {
      return new Example(text, Optional.ofNullable(pair), OptionalDouble.empty());
    }

    /** As a row of text, where what is kept is one. */
    TextRows.Row textRow() {
      List<TextRows.Kept> values = new ArrayList<>();
      for (Object value : kept) {
        values.add(((SentText) value).kept());
      }
      return new TextRows.Row(line, example(), values);
    }
  }

  /**
   * A value as text.
   *
   * @param text null where an object lacks it
   * @param json null where it came from no JSON
   */
  record SentText(String text, String json) implements Serializable {
    static SentText of(TextRows.Kept kept) {
      return new SentText(kept.text().orElse(null), kept.json().orElse(null));
    }

    TextRows.Kept kept() {
      return new TextRows.Kept(Optional.ofNullable(text), Optional.ofNullable(json));
    }
  }
}
