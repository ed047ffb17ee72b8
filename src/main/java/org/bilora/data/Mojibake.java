package org.bilora.data;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * UTF-8 that was read as Latin-1 and saved as UTF-8 again, which happens to files put together from
 * others: {@code Â£} for {@code £}, {@code Ã©} for {@code é}.
 */
final class Mojibake {
  /** The first byte of a two-byte character as Latin-1 shows it, with a second one. */
  private static final Pattern TWICE_ENCODED = Pattern.compile("[ÂÃ][\u0080-\u00BF]");

  private Mojibake() {}

  /** Whether a text has such characters. */
  static boolean in(String text) {
    return TWICE_ENCODED.matcher(text).find();
  }

  /**
   * Passes texts that were encoded once.
   *
   * @throws IOException naming the line and the characters
   */
  static void refuse(String text, TextFile.Line line) throws IOException {
    Matcher matcher = TWICE_ENCODED.matcher(text);
    if (matcher.find()) {
      throw line.problem(
          "mixed encodings: '%s' is UTF-8 that was read as Latin-1 and saved again; restore the"
                  .formatted(matcher.group())
              + " original characters");
    }
  }
}
