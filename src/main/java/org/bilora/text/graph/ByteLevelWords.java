package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;

/**
 * Splits texts where GPT-2's pattern does:
 *
 * <pre>
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * </pre>
 *
 * <p>Whether a word starts at a character follows from the characters next to it, so that no loop
 * is needed. Of a run of white space before something else the last character stands apart, and
 * goes with what follows when it is a space. An apostrophe starts a contraction where it starts a
 * word and one of the endings follows; what comes behind the ending starts a word again.
 */
final class ByteLevelWords {
  private static final int TOKEN = 1 << 30;
  private static final int OTHER = 0;
  private static final int LETTER = 1;
  private static final int NUMBER = 2;
  private static final int GAP = 3;
  private static final int OUTSIDE = 4;
  private static final List<String> ENDINGS = List.of("s", "t", "m", "d", "re", "ve", "ll");

  private static final CodePointTable KINDS = new CodePointTable(ByteLevelWords::kind);

  private final boolean prefixSpace;

  private ByteLevelWords(boolean prefixSpace) {
    this.prefixSpace = prefixSpace;
  }

  private static int kind(int code) {
    Characters all = Characters.all();
    return all.letter(code) ? LETTER : all.number(code) ? NUMBER : all.gap(code) ? GAP : OTHER;
  }

  static ByteLevelWords of(JsonNode preTokenizer) throws UnsupportedTokenizerException {
    String type = preTokenizer.path("type").asText("none");
    if (!type.equals("ByteLevel")) {
      throw new UnsupportedTokenizerException(
          "pre-tokenizer %s before BPE; ByteLevel is known".formatted(type));
    }
    if (!preTokenizer.path("use_regex").asBoolean(true)) {
      throw new UnsupportedTokenizerException("pre-tokenizer ByteLevel with use_regex false");
    }
    return new ByteLevelWords(preTokenizer.path("add_prefix_space").asBoolean(true));
  }

  /**
   * Texts in words.
   *
   * @param codes code points, bytes later; or a token that was found literally, {@code [n]}
   * @param rows which text each belongs to, {@code [n]}
   * @param words which word each belongs to, ascending from 1, {@code [n]}
   */
  record Split(Operand<TInt32> codes, Operand<TInt32> rows, Operand<TInt32> words) {}

  static Operand<TBool> isToken(Ops tf, Operand<TInt32> codes) {
    return tf.math.greaterEqual(codes, tf.constant(TOKEN));
  }

  static Operand<TInt32> tokenId(Ops tf, Operand<TInt32> codes) {
    return tf.math.sub(codes, tf.constant(TOKEN));
  }

  Split split(Ops tf, FlatText text, AddedTokenSplit.Marks added) {
    Vectors vectors = new Vectors(tf);
    Operand<TInt32> marked =
        vectors.where(
            added.covered(),
            vectors.where(
                tf.math.greaterEqual(added.ids(), tf.constant(0)),
                tf.math.add(added.ids(), tf.constant(TOKEN)),
                vectors.filled(text.codes(), -1)),
            text.codes());
    List<Operand<TInt32>> kept =
        vectors.kept(tf.math.greaterEqual(marked, tf.constant(0)), List.of(marked, text.rows()));
    if (prefixSpace) {
      kept = prefixed(tf, vectors, kept.get(0), kept.get(1));
    }
    Operand<TInt32> codes = kept.get(0);
    Operand<TInt32> rows = kept.get(1);
    Operand<TBool> starts = starts(tf, vectors, codes, rows);
    return new Split(codes, rows, vectors.cumulated(vectors.number(starts)));
  }

  /** Where a text, or a part of it next to a token that was found literally, begins. */
  private static Operand<TBool> partStarts(
      Ops tf, Vectors vectors, Operand<TInt32> codes, Operand<TInt32> rows) {
    Operand<TBool> token = isToken(tf, codes);
    return vectors.or(
        tf.math.notEqual(rows, vectors.previous(rows, -1)),
        vectors.or(token, vectors.previous(token, false)));
  }

  /** A space before each part that does not begin with one. */
  private static List<Operand<TInt32>> prefixed(
      Ops tf, Vectors vectors, Operand<TInt32> codes, Operand<TInt32> rows) {
    Operand<TBool> lacks =
        vectors.and(
            partStarts(tf, vectors, codes, rows),
            vectors.not(vectors.or(isToken(tf, codes), vectors.equal(codes, ' '))));
    Operand<TInt32> before =
        vectors.where(lacks, vectors.filled(codes, ' '), vectors.filled(codes, -1));
    Operand<TInt32> flat =
        tf.reshape(tf.stack(List.of(before, codes), Stack.axis(1L)), tf.array(-1));
    Operand<TInt32> flatRows =
        tf.reshape(tf.stack(List.of(rows, rows), Stack.axis(1L)), tf.array(-1));
    return vectors.kept(tf.math.greaterEqual(flat, tf.constant(0)), List.of(flat, flatRows));
  }

  private Operand<TBool> starts(
      Ops tf, Vectors vectors, Operand<TInt32> codes, Operand<TInt32> rows) {
    Operand<TBool> partStarts = partStarts(tf, vectors, codes, rows);
    Operand<TBool> partEnds = vectors.next(partStarts, true);
    Operand<TInt32> character = vectors.where(isToken(tf, codes), vectors.filled(codes, 0), codes);
    Operand<TInt32> kind = KINDS.of(tf, character);
    Operand<TInt32> outside = vectors.filled(kind, OUTSIDE);
    Operand<TInt32> before = vectors.where(partStarts, outside, vectors.previous(kind, OUTSIDE));
    Operand<TInt32> behind = vectors.where(partEnds, outside, vectors.next(kind, OUTSIDE));

    Operand<TBool> gap = vectors.equal(kind, GAP);
    Operand<TBool> gapStarts =
        vectors.or(
            vectors.not(vectors.equal(before, GAP)),
            vectors.not(vectors.or(vectors.equal(behind, GAP), vectors.equal(behind, OUTSIDE))));

    Operand<TBool> behindSpace =
        vectors.and(
            vectors.not(partStarts), vectors.previous(vectors.equal(character, ' '), false));
    Contractions contractions =
        contractions(tf, vectors, character, partStarts, before, behindSpace);
    Operand<TBool> otherKind = tf.math.notEqual(kind, before);
    Operand<TBool> wordStarts =
        vectors.and(
            vectors.not(vectors.or(behindSpace, contractions.inside())),
            vectors.or(otherKind, contractions.behind()));
    return vectors.or(partStarts, vectors.where(gap, gapStarts, wordStarts));
  }

  private record Contractions(Operand<TBool> inside, Operand<TBool> behind) {}

  /** Letters of contractions' endings, and characters right behind them. */
  private static Contractions contractions(
      Ops tf,
      Vectors vectors,
      Operand<TInt32> character,
      Operand<TBool> partStarts,
      Operand<TInt32> before,
      Operand<TBool> behindSpace) {
    Operand<TBool> apostrophe =
        vectors.and(
            vectors.equal(character, '\''),
            vectors.not(vectors.or(vectors.equal(before, OTHER), behindSpace)));
    // Parts end what can be read ahead.
    Operand<TInt32> readable = vectors.where(partStarts, vectors.filled(character, -1), character);
    Operand<TInt32> second = vectors.next(readable, -1);
    Operand<TInt32> third = vectors.next(second, -1);
    Operand<TBool> none = vectors.isSet(vectors.filled(character, 0));
    Operand<TBool> ofOne = none;
    Operand<TBool> ofTwo = none;
    for (String ending : ENDINGS) {
      Operand<TBool> here = vectors.and(apostrophe, vectors.equal(second, ending.charAt(0)));
      if (ending.length() == 1) {
        ofOne = vectors.or(ofOne, here);
      } else {
        ofTwo = vectors.or(ofTwo, vectors.and(here, vectors.equal(third, ending.charAt(1))));
      }
    }
    Operand<TBool> oneBack = vectors.previous(vectors.or(ofOne, ofTwo), false);
    Operand<TBool> twoBack = vectors.previous(vectors.previous(ofTwo, false), false);
    Operand<TBool> behindOne = vectors.previous(vectors.previous(ofOne, false), false);
    return new Contractions(
        vectors.or(oneBack, twoBack), vectors.or(behindOne, vectors.previous(twoBack, false)));
  }
}
