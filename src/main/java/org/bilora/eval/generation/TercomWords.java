package org.bilora.eval.generation;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The tokens of TER as tercom makes them by default: lowercased, cut at white space only. */
public record TercomWords() implements SentenceTokenizer {
  private static final Splitter SPACE =
      Splitter.on(Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS)).omitEmptyStrings();

  @Override
  public List<List<String>> tokenize(List<String> texts) {
    return texts.stream().map(text -> of(text.toLowerCase(Locale.ROOT))).toList();
  }

  /** What stands between white space, of any script. */
  static List<String> of(String text) {
    return SPACE.splitToList(text);
  }
}
