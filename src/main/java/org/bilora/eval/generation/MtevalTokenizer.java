package org.bilora.eval.generation;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The tokens of BLEU and NIST: those of NIST's mteval-v13a for English, lowercased. Punctuation
 * other than an apostrophe, hyphen, period or comma is a token; a period or comma is one unless
 * digits stand on both sides; a hyphen is one after a digit. An empty text is one empty token, as
 * in the Python port that the E2E challenge's scripts use.
 */
public record MtevalTokenizer() implements SentenceTokenizer {
  private static final Pattern PUNCTUATION = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
  private static final Pattern AFTER_NO_DIGIT = Pattern.compile("([^0-9])([.,])");
  private static final Pattern BEFORE_NO_DIGIT = Pattern.compile("([.,])([^0-9])");
  private static final Pattern HYPHEN_AFTER_DIGIT = Pattern.compile("([0-9])(-)");

  @Override
  public List<List<String>> tokenize(List<String> texts) {
    return texts.stream().map(MtevalTokenizer::tokens).toList();
  }

  private static List<String> tokens(String text) {
    String plain =
        text.replace("<skipped>", "")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
    String apart = PUNCTUATION.matcher(" " + plain + " ").replaceAll(" $1 ");
    apart = AFTER_NO_DIGIT.matcher(apart).replaceAll("$1 $2 ");
    apart = BEFORE_NO_DIGIT.matcher(apart).replaceAll(" $1 $2");
    apart = HYPHEN_AFTER_DIGIT.matcher(apart).replaceAll("$1 $2 ");
    List<String> words = TercomWords.of(apart.toLowerCase(Locale.ROOT));
    return words.isEmpty() ? ImmutableList.of("") : ImmutableList.copyOf(words);
  }
}
