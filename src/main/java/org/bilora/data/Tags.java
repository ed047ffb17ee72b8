package org.bilora.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tags of words: {@code O} for none, or a prefix, a hyphen and a type: {@code B-} and {@code I-}
 * (Ramshaw and Marcus 1995), and where a file has them {@code E-} at an end and {@code S-} for a
 * single word.
 *
 * <p>Entities are read from tags as the CoNLL script and seqeval do, which take any sequence: an
 * entity begins at B and S, behind E and S, behind O, and where the type changes.
 */
public final class Tags {
  /** No entity. */
  public static final String OUTSIDE = "O";

  private static final Pattern TAG = Pattern.compile("O|[BIES]-\\S+");

  private Tags() {}

  /**
   * An entity in a sequence of tags.
   *
   * @param first its first word
   * @param last its last word
   */
  public record Entity(String type, int first, int last) {}

  /** Whether it is a tag. */
  static boolean isTag(String written) {
    return TAG.matcher(written).matches();
  }

  /** The entities of a sentence, in their order. */
  public static List<Entity> entities(List<String> tags) {
    List<Entity> entities = new ArrayList<>();
    int begin = 0;
    char before = 'O';
    String typeBefore = "";
    for (int i = 0; i <= tags.size(); i++) {
      String tag = i < tags.size() ? tags.get(i) : OUTSIDE;
      char prefix = tag.charAt(0);
      String type = prefix == 'O' ? "" : tag.substring(2);
      if (before != 'O' && (ends(before, prefix) || !type.equals(typeBefore))) {
        entities.add(new Entity(typeBefore, begin, i - 1));
      }
      if (prefix != 'O' && (begins(before, prefix) || !type.equals(typeBefore))) {
        begin = i;
      }
      before = prefix;
      typeBefore = type;
    }
    return entities;
  }

  private static boolean ends(char before, char prefix) {
    return before == 'E' || before == 'S' || prefix == 'B' || prefix == 'S' || prefix == 'O';
  }

  private static boolean begins(char before, char prefix) {
    return prefix == 'B' || prefix == 'S' || before == 'E' || before == 'S' || before == 'O';
  }

  /**
   * Tags of words that spans of a type lie over.
   *
   * @param words in their order
   * @param spans that do not overlap
   * @return B- and I-; empty where a span does not begin and end with a word
   */
  static Optional<List<String>> of(List<Span> words, List<TypedSpan> spans) {
    List<String> tags = new ArrayList<>(Collections.nCopies(words.size(), OUTSIDE));
    for (TypedSpan span : spans) {
      boolean begun = false;
      boolean ended = false;
      for (int i = 0; i < words.size(); i++) {
        Span word = words.get(i);
        if (word.end() <= span.span().start() || word.start() >= span.span().end()) {
          continue;
        }
        if (!tags.get(i).equals(OUTSIDE)) {
          return Optional.empty();
        }
        tags.set(i, (begun ? "I-" : "B-") + span.type());
        begun |= word.start() == span.span().start();
        ended |= word.end() == span.span().end();
      }
      if (!begun || !ended) {
        return Optional.empty();
      }
    }
    return Optional.of(tags);
  }

  /** A part of a text and what it is. */
  record TypedSpan(Span span, String type) {}
}
