package org.bilora.text;

/**
 * A text as token ids, with where in it each token stands.
 *
 * @param encoding the ids
 * @param starts index of the token's first character, as Java's strings count, {@link #NOWHERE} for
 *     a special token, {@code [length]}
 * @param ends index behind its last character, likewise
 */
public record TokenSpans(Encoding encoding, int[] starts, int[] ends) {
  /** Where a token is that stands for no part of the text. */
  public static final int NOWHERE = -1;

  /** Checks that there is a place for each token. */
  public TokenSpans {
    if (starts.length != encoding.length() || ends.length != encoding.length()) {
      throw new IllegalArgumentException(
          "%d tokens, and places of %d and %d"
              .formatted(encoding.length(), starts.length, ends.length));
    }
  }
}
