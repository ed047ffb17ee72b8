package org.bilora.data;

/** Keeps what a file says within bounds where it is quoted. */
final class Messages {
  private static final int MOST_CHARACTERS = 200;

  private Messages() {}

  /** A text of at most a few hundred characters, in one line. */
  static String cut(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\u2028\u2029]+", " ");
    if (line.length() <= MOST_CHARACTERS) {
      return line;
    }
    int end = Character.isHighSurrogate(line.charAt(MOST_CHARACTERS - 1)) ? 1 : 0;
    return line.substring(0, MOST_CHARACTERS - end) + "…";
  }
}
