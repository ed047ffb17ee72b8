package org.bilora.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bilora.text.TokenSpans;

/**
 * The words of a text that nobody has cut into words: runs of letters and digits, else each sign.
 */
public final class Words {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+|\\S");

  private Words() {}

  /** Where they are, in their order. */
  public static List<Span> of(String text) {
    List<Span> words = new ArrayList<>();
    Matcher found = WORD.matcher(text);
    while (found.find()) {
      words.add(new Span(found.start(), found.end()));
    }
    return words;
  }

  /** The text, whose words are to have a class each. */
  public static Example example(String text) {
    return new Example(text, Optional.empty(), Optional.empty(), Optional.of(of(text)));
  }

  /**
   * The token with which each word begins: the first that has a character of it. Blanks that a
   * token has before its word do not count.
   *
   * @param words in their order
   * @return {@link EncodedExample#CUT} for a word that has no token left
   */
  static List<Integer> firstTokens(String text, List<Span> words, TokenSpans tokens) {
    List<Integer> first = new ArrayList<>();
    int token = 0;
    for (Span word : words) {
      while (token < tokens.starts().length && !isBehind(text, tokens, token, word.start())) {
        token++;
      }
      boolean begins = token < tokens.starts().length && start(text, tokens, token) < word.end();
      first.add(begins ? token : EncodedExample.CUT);
    }
    return first;
  }

  /** Whether a token has a character at or behind that place. */
  private static boolean isBehind(String text, TokenSpans tokens, int token, int place) {
    return tokens.starts()[token] != TokenSpans.NOWHERE
        && tokens.ends()[token] > place
        && start(text, tokens, token) < tokens.ends()[token];
  }

  private static int start(String text, TokenSpans tokens, int token) {
    int start = tokens.starts()[token];
    while (start < tokens.ends()[token] && Character.isWhitespace(text.charAt(start))) {
      start++;
    }
    return start;
  }
}
