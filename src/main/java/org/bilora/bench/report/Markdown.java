package org.bilora.bench.report;

/** Text that others wrote, as text in Markdown: what looks like HTML in it is shown, not obeyed. */
final class Markdown {
  private Markdown() {}

  /** Text of any number of lines, which may itself be Markdown. */
  static String block(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  /** Text within a line. */
  static String inline(String text) {
    return block(text).replaceAll("\\s*\\R\\s*", " ");
  }

  /** Text of a table's cell. */
  static String cell(String text) {
    return inline(text).replace("|", "\\|");
  }

  /** The name of a picture. */
  static String alternative(String text) {
    return inline(text).replace("[", "(").replace("]", ")");
  }
}
