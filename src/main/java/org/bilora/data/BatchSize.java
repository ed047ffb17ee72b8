package org.bilora.data;

/**
 * How many examples make a batch.
 *
 * @param most rows, or tokens, padding included
 * @param unit which of the two
 */
public record BatchSize(int most, Unit unit) {

  /** What is counted. */
  public enum Unit {
    /** Examples. */
    ROWS,
    /** Examples times the length they are padded to. */
    TOKENS
  }

  /** Checks the range. */
  public BatchSize {
    if (most < 1) {
      throw new IllegalArgumentException(
          "%s is %d; it must be 1 or more"
              .formatted(unit == Unit.ROWS ? "batchSize" : "batchTokens", most));
    }
  }

  /** That many examples, whatever their length. */
  public static BatchSize rows(int rows) {
    return new BatchSize(rows, Unit.ROWS);
  }

  /** As many examples as make at most so many tokens. */
  public static BatchSize tokens(int tokens) {
    return new BatchSize(tokens, Unit.TOKENS);
  }

  /**
   * Rows of a batch.
   *
   * @param length that they are padded to
   * @throws IllegalArgumentException when one row has too many tokens
   */
  public int rowsOf(int length) {
    if (unit == Unit.ROWS) {
      return most;
    }
    if (length > most) {
      throw new IllegalArgumentException(
          "batchTokens is %d, but there are texts that take %d tokens with their padding; it must be"
                  .formatted(most, length)
              + " %d or more, or maxLength smaller".formatted(length));
    }
    return most / length;
  }
}
