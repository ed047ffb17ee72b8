package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;

/**
 * Tokens that are found in a text as they are written, such as {@code [SEP]}, before anything else
 * is done to it.
 */
final class AddedTokenSplit {
  private static final CodePointTable GAPS =
      new CodePointTable(code -> Characters.all().whitespace(code) ? 1 : 0);

  private final List<Added> tokens;

  /**
   * One of them.
   *
   * @param leading whether white space before it belongs to it
   * @param trailing whether white space behind it belongs to it
   */
  private record Added(int id, String content, boolean leading, boolean trailing) {
    int[] codes() {
      return content.codePoints().toArray();
    }
  }

  /**
   * Where they are in a text.
   *
   * @param ids the token's id at its first character, −1 elsewhere, {@code [n]}
   * @param covered whether the character belongs to one, {@code [n]}
   */
  record Marks(Operand<TInt32> ids, Operand<TBool> covered) {}

  private AddedTokenSplit(List<Added> tokens) {
    this.tokens = ImmutableList.copyOf(tokens);
  }

  /** Reads {@code added_tokens}. */
  static AddedTokenSplit of(JsonNode root) throws UnsupportedTokenizerException {
    boolean normalizes = !root.path("normalizer").isNull() && root.has("normalizer");
    List<Added> tokens = new ArrayList<>();
    for (JsonNode token : root.path("added_tokens")) {
      String content = token.path("content").asText();
      String name = "added token \"%s\"".formatted(content);
      if (content.isEmpty()) {
        throw new UnsupportedTokenizerException("an added token is empty");
      }
      if (token.path("single_word").asBoolean()) {
        throw new UnsupportedTokenizerException(
            name + " is found as a whole word only (single_word)");
      }
      if (normalizes && token.path("normalized").asBoolean()) {
        throw new UnsupportedTokenizerException(
            name + " is looked for in the normalized text (normalized)");
      }
      JsonNode known = root.path("model").path("vocab").path(content);
      if (known.isInt() && known.intValue() != token.path("id").intValue()) {
        throw new UnsupportedTokenizerException(
            "%s has id %d, and %d in the vocabulary"
                .formatted(name, token.path("id").intValue(), known.intValue()));
      }
      tokens.add(
          new Added(
              token.path("id").intValue(),
              content,
              token.path("lstrip").asBoolean(),
              token.path("rstrip").asBoolean()));
    }
    requireApart(tokens);
    return new AddedTokenSplit(tokens);
  }

  /** Occurrences of tokens that cannot overlap are found independently of each other. */
  private static void requireApart(List<Added> tokens) throws UnsupportedTokenizerException {
    for (Added first : tokens) {
      for (Added second : tokens) {
        String a = first.content();
        String b = second.content();
        boolean overlap = first != second && a.contains(b);
        for (int length = 1; length < Math.min(a.length(), b.length()); length++) {
          overlap |= a.endsWith(b.substring(0, length));
        }
        if (overlap) {
          throw new UnsupportedTokenizerException(
              "added tokens \"%s\" and \"%s\" can overlap in a text".formatted(a, b));
        }
      }
    }
  }

  /** Finds them. */
  Marks find(Ops tf, FlatText text) {
    Vectors vectors = new Vectors(tf);
    Operand<TInt32> codes = text.codes();
    Operand<TInt32> ids = vectors.filled(codes, -1);
    Operand<TBool> covered = vectors.isSet(vectors.filled(codes, 0));
    if (tokens.isEmpty()) {
      return new Marks(ids, covered);
    }
    Operand<TBool> gap = vectors.isSet(GAPS.of(tf, codes));
    Operand<TBool> rowEnds =
        tf.math.notEqual(text.rows(), vectors.next(text.rows(), -1)); // last of its row
    for (Added token : tokens) {
      int[] wanted = token.codes();
      Operand<TBool> found =
          tf.math.equal(vectors.ahead(text.rows(), wanted.length - 1, -1), text.rows());
      for (int i = 0; i < wanted.length; i++) {
        found = vectors.and(found, vectors.equal(vectors.ahead(codes, i, -1), wanted[i]));
      }
      ids = vectors.where(found, vectors.filled(codes, token.id()), ids);
      Operand<TInt32> started = vectors.lastSet(found);
      Operand<TInt32> since = tf.math.sub(vectors.indices(codes), started);
      Operand<TBool> inside =
          vectors.and(
              tf.math.greaterEqual(started, tf.constant(0)),
              tf.math.less(since, tf.constant(wanted.length)));
      covered = vectors.or(covered, inside);
      if (token.leading()) {
        covered = vectors.or(covered, gapsBefore(tf, vectors, found, gap, text));
      }
      if (token.trailing()) {
        Operand<TBool> ends =
            vectors.and(inside, tf.math.equal(since, tf.constant(wanted.length - 1)));
        covered = vectors.or(covered, gapsBehind(tf, vectors, ends, gap, rowEnds));
      }
    }
    return new Marks(ids, covered);
  }

  /** White space whose next other character is the token's first, in the same text. */
  private static Operand<TBool> gapsBefore(
      Ops tf, Vectors vectors, Operand<TBool> found, Operand<TBool> gap, FlatText text) {
    Operand<TInt32> other = vectors.nextSet(vectors.not(gap));
    Operand<TInt32> foundThere =
        vectors.gather(
            tf.concat(List.of(vectors.number(found), tf.array(0)), tf.constant(0)), other);
    Operand<TInt32> rowThere =
        vectors.gather(tf.concat(List.of(text.rows(), tf.array(-1)), tf.constant(0)), other);
    return vectors.and(
        gap, vectors.and(vectors.isSet(foundThere), tf.math.equal(rowThere, text.rows())));
  }

  /** White space whose last other character before it is the token's last, in the same text. */
  private static Operand<TBool> gapsBehind(
      Ops tf, Vectors vectors, Operand<TBool> ends, Operand<TBool> gap, Operand<TBool> rowEnds) {
    // A text's end stops a run of white space like another character.
    Operand<TBool> stops = vectors.or(vectors.not(gap), vectors.previous(rowEnds, true));
    Operand<TInt32> last = vectors.lastSet(vectors.or(vectors.not(gap), stops));
    Operand<TInt32> endsThere =
        vectors.gather(
            tf.concat(List.of(tf.array(0), vectors.number(ends)), tf.constant(0)),
            tf.math.add(last, tf.constant(1)));
    return vectors.and(gap, vectors.isSet(endsThere));
  }
}
