package org.bilora.text;

/** Pieces of a file as messages show them: on one line, and short, whatever the file holds. */
final class Shown {
  private static final int MOST_CHARACTERS = 100;

  private Shown() {}

  /** The piece's beginning, without line ends. */
  static String of(Object piece) {
    String text = String.valueOf(piece);
    String beginning = text.substring(0, Math.min(text.length(), MOST_CHARACTERS));
    return beginning.replaceAll("\\p{Cntrl}+", " ") + (text.length() > MOST_CHARACTERS ? "…" : "");
  }
}
