package org.bilora.data;

/**
 * A part of a text.
 *
 * @param start of its first character, counted from 0 as Java's strings do
 * @param end behind its last character
 */
public record Span(int start, int end) {

  /** Checks the order. */
  public Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "a span from %d to %d; it must start at 0 or later and hold a character"
              .formatted(start, end));
    }
  }

  /** What stands there. */
  public String of(String text) {
    return text.substring(start, end);
  }
}
