package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.op.strings.Substr;
import org.tensorflow.op.strings.UnicodeEncode;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * WordPiece as BERT has it (Devlin et al. 2019): characters cleaned, lower-cased and stripped of
 * accents as the definition says, words split at white space, each punctuation mark and Chinese
 * character a word; then, from each word's start, the longest piece that the vocabulary has, again
 * and again. A word with no such piece, or too long a one, is one unknown token.
 *
 * <p>All words are matched at once, each at its own place: a turn of the loop tries one candidate
 * per word, and drops the words that are done.
 */
final class WordPiece implements Subwords {
  private static final int CODE_BITS = 21;
  private static final int ALONE = 1 << CODE_BITS;
  private static final int SPACE = 1 << (CODE_BITS + 1);
  private static final int ADDED = 1 << 30;
  private static final int FAILED = -2;

  /** No code point becomes more than three, each of two in lower case. */
  private static final int MOST_CHANGED = 6;

  private final String[] pieces;
  private final long[] ids;
  private final int unknown;
  private final String continuation;
  private final int longestWord;
  private final CodePointTable table;
  private final int[][] expansions;

  private WordPiece(JsonNode root) throws UnsupportedTokenizerException {
    JsonNode model = root.path("model");
    List<String> names = new ArrayList<>();
    List<Long> numbers = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      names.add(entry.getKey());
      numbers.add(entry.getValue().asLong());
    }
    pieces = names.toArray(String[]::new);
    ids = numbers.stream().mapToLong(Long::longValue).toArray();
    continuation = model.path("continuing_subword_prefix").asText("##");
    longestWord = model.path("max_input_chars_per_word").asInt(100);
    String unknownToken = model.path("unk_token").asText("[UNK]");
    JsonNode unknownId = model.path("vocab").path(unknownToken);
    if (!unknownId.isInt()) {
      throw new UnsupportedTokenizerException(
          "the vocabulary lacks the unknown token \"%s\"".formatted(unknownToken));
    }
    unknown = unknownId.intValue();
    Normalization normalization = Normalization.of(root);
    requireReadable(normalization);
    List<int[]> changes = new ArrayList<>(List.of(new int[0], new int[0]));
    table = new CodePointTable(code -> normalization.entry(code, changes));
    int widest = changes.stream().mapToInt(change -> change.length).max().orElse(1);
    expansions = new int[changes.size()][Math.max(1, widest)];
    for (int row = 0; row < expansions.length; row++) {
      Arrays.fill(expansions[row], -1);
      System.arraycopy(changes.get(row), 0, expansions[row], 0, changes.get(row).length);
    }
  }

  /** Reads normalizer, pre-tokenizer and model. */
  static WordPiece of(JsonNode root) throws UnsupportedTokenizerException {
    String type = root.path("pre_tokenizer").path("type").asText("none");
    if (!type.equals("BertPreTokenizer")) {
      throw new UnsupportedTokenizerException(
          "pre-tokenizer %s before WordPiece; BertPreTokenizer is known".formatted(type));
    }
    return new WordPiece(root);
  }

  /** What BertNormalizer and BertPreTokenizer do to a code point. */
  private record Normalization(boolean clean, boolean chinese, boolean strip, boolean lower) {
    static Normalization of(JsonNode root) throws UnsupportedTokenizerException {
      JsonNode node = root.path("normalizer");
      if (node.isNull() || node.isMissingNode()) {
        return new Normalization(false, false, false, false);
      }
      if (!node.path("type").asText().equals("BertNormalizer")) {
        throw new UnsupportedTokenizerException(
            "normalizer %s; BertNormalizer is known".formatted(node.path("type").asText()));
      }
      boolean lower = node.path("lowercase").asBoolean(true);
      JsonNode strip = node.path("strip_accents");
      return new Normalization(
          node.path("clean_text").asBoolean(true),
          node.path("handle_chinese_chars").asBoolean(true),
          strip.isBoolean() ? strip.booleanValue() : lower,
          lower);
    }

    /** 0: itself; 1: itself, a word alone; else which change. */
    int entry(int code, List<int[]> changes) {
      Characters all = Characters.all();
      boolean surrogate = code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE;
      if (surrogate) {
        return 0; // never in a decoded text
      }
      int[] to = new int[MOST_CHANGED];
      int length = 0;
      if (clean && all.blank(code)) {
        to[length++] = SPACE;
      } else if (!clean || !all.dropped(code)) {
        for (int stripped : strip ? all.stripped(code) : new int[] {code}) {
          for (int c : lower ? all.lower(stripped) : new int[] {stripped}) {
            boolean alone = chinese && all.chinese(code) || all.punctuation(c);
            to[length++] = all.whitespace(c) ? SPACE : alone ? c | ALONE : c;
          }
        }
      }
      if (length == 1 && (to[0] == code || to[0] == (code | ALONE))) {
        return to[0] == code ? 0 : 1;
      }
      changes.add(Arrays.copyOf(to, length));
      return changes.size() - 1;
    }
  }

  /** Two things about a vocabulary that no real one has, and that would not come out right. */
  private void requireReadable(Normalization normalization) throws UnsupportedTokenizerException {
    TreeSet<Integer> marks = new TreeSet<>();
    for (String piece : pieces) {
      for (int code : piece.codePoints().toArray()) {
        if (code == 0xFFFD || (code & 0xFFFE) == 0xFFFE || code >= 0xFDD0 && code <= 0xFDEF) {
          throw new UnsupportedTokenizerException(
              "the vocabulary has the token \"%s\" with U+%04X".formatted(piece, code));
        }
        int type = Character.getType(code);
        if ((type == Character.COMBINING_SPACING_MARK
                || type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK)
            && !Characters.all().mark(code)) {
          marks.add(code);
        }
      }
    }
    for (int first : marks) {
      for (int second : marks) {
        String both = Character.toString(first) + Character.toString(second);
        String ordered = Normalizer.normalize(both, Normalizer.Form.NFD);
        if (normalization.strip() && ordered.codePointAt(0) == second && first != second) {
          throw new UnsupportedTokenizerException(
              "strip_accents puts U+%04X before U+%04X, both in the vocabulary"
                  .formatted(second, first));
        }
      }
    }
  }

  @Override
  public FlatTokens tokens(Ops tf, FlatText text, AddedTokenSplit.Marks added, Tables tables) {
    Vectors vectors = new Vectors(tf);
    List<Operand<TInt32>> characters = normalized(tf, vectors, text, added);
    Words words = Words.of(tf, vectors, characters.get(0), characters.get(1));
    Operand<TInt32> out = matched(tf, vectors, words, tables);
    return finished(tf, vectors, words, out);
  }

  /** Characters as the normalizer leaves them, with flags, and their rows. */
  private List<Operand<TInt32>> normalized(
      Ops tf, Vectors vectors, FlatText text, AddedTokenSplit.Marks added) {
    Operand<TInt32> codes = text.codes();
    Operand<TInt32> entry = table.of(tf, codes);
    Operand<TInt32> changed = // [n, widest]
        tf.gather(tf.constant(StdArrays.ndCopyOf(expansions)), entry, tf.constant(0));
    Operand<TInt32> none = vectors.filled(codes, -1);
    Operand<TInt32> alone = tf.bitwise.bitwiseOr(codes, tf.constant(ALONE));
    Operand<TInt32> token =
        vectors.where(
            tf.math.greaterEqual(added.ids(), tf.constant(0)),
            tf.math.add(added.ids(), tf.constant(ADDED)),
            none);
    List<Operand<TInt32>> columns = new ArrayList<>();
    List<Operand<TInt32>> rows = new ArrayList<>();
    for (int column = 0; column < expansions[0].length; column++) {
      Operand<TInt32> value =
          tf.reshape(tf.slice(changed, tf.array(0, column), tf.array(-1, 1)), tf.array(-1));
      if (column == 0) {
        Operand<TInt32> itself = vectors.where(vectors.equal(entry, 0), codes, alone);
        value = vectors.where(tf.math.less(entry, tf.constant(2)), itself, value);
      }
      columns.add(vectors.where(added.covered(), column == 0 ? token : none, value));
      rows.add(text.rows());
    }
    Operand<TInt32> flat = tf.reshape(tf.stack(columns, Stack.axis(1L)), tf.array(-1));
    Operand<TInt32> flatRows = tf.reshape(tf.stack(rows, Stack.axis(1L)), tf.array(-1));
    return vectors.kept(tf.math.greaterEqual(flat, tf.constant(0)), List.of(flat, flatRows));
  }

  /**
   * Characters of words, white space left out.
   *
   * @param values characters with flags, {@code [n]}
   * @param rows of the characters, {@code [n]}
   * @param first positions of words' first characters, {@code [words]}
   * @param word which word a character belongs to, {@code [n]}
   * @param lengths of words, {@code [words]}
   */
  private record Words(
      Operand<TInt32> values,
      Operand<TInt32> rows,
      Operand<TInt32> first,
      Operand<TInt32> word,
      Operand<TInt32> lengths) {
    static Words of(Ops tf, Vectors vectors, Operand<TInt32> characters, Operand<TInt32> rows) {
      Operand<TBool> space = vectors.equal(characters, SPACE);
      Operand<TBool> alone = tf.math.greaterEqual(characters, tf.constant(ALONE)); // or a space
      Operand<TBool> newRow = tf.math.notEqual(rows, vectors.previous(rows, -1));
      Operand<TBool> starts = vectors.or(newRow, vectors.or(alone, vectors.previous(alone, true)));
      List<Operand<TInt32>> kept =
          vectors.kept(vectors.not(space), List.of(characters, rows, vectors.number(starts)));
      Operand<TInt32> start = kept.get(2);
      Operand<TInt32> first = vectors.positions(vectors.isSet(start));
      Operand<TInt32> word = tf.math.sub(vectors.cumulated(start), tf.constant(1));
      Operand<TInt32> lengths = vectors.sums(vectors.filled(start, 1), word, vectors.length(first));
      return new Words(kept.get(0), kept.get(1), first, word, lengths);
    }
  }

  /** Per character the id of the piece that starts there, {@link #FAILED} for unknown words. */
  private Operand<TInt32> matched(Ops tf, Vectors vectors, Words words, Tables tables) {
    Operand<TBool> added =
        tf.math.greaterEqual(vectors.gather(words.values(), words.first()), tf.constant(ADDED));
    Operand<TBool> tooLong =
        vectors.and(vectors.not(added), tf.math.greater(words.lengths(), tf.constant(longestWord)));
    Operand<TInt32> out = vectors.filled(words.values(), -1);
    Operand<TInt32> addedAt = vectors.gather(words.first(), vectors.positions(added));
    out =
        vectors.replaced(
            out, addedAt, tf.math.sub(vectors.gather(words.values(), addedAt), tf.constant(ADDED)));
    Operand<TInt32> longAt = vectors.gather(words.first(), vectors.positions(tooLong));
    out = vectors.replaced(out, longAt, vectors.filled(longAt, FAILED));

    Operand<TInt32> live = vectors.positions(vectors.not(vectors.or(added, tooLong)));
    Operand<TInt32> splits =
        tf.concat(
            List.of(words.first(), tf.reshape(vectors.length(words.values()), tf.array(1))),
            tf.constant(0));
    Operand<TInt32> codes = tf.bitwise.bitwiseAnd(words.values(), tf.constant(ALONE - 1));
    // An added token's word is never looked up, and has no character.
    Operand<TInt32> encodable =
        vectors.where(
            tf.math.greaterEqual(words.values(), tf.constant(ADDED)),
            vectors.filled(codes, 'x'),
            codes);
    Operand<TString> strings =
        UnicodeEncode.create(tf.scope(), encodable, vectors.wide(splits), "UTF-8").output();
    Operand<TInt32> lengths = vectors.gather(words.lengths(), live);
    Tables.Table<TString> vocabulary = tables.ofStrings("vocabulary", pieces, ids);
    List<Operand<?>> start =
        List.of(
            vectors.gather(strings, live),
            vectors.gather(words.first(), live),
            vectors.filled(lengths, 0),
            lengths,
            lengths,
            out);
    List<Operand<?>> end =
        Loop.run(
            tf,
            "pieces",
            start,
            (ops, values) ->
                ops.math.greater(new Vectors(ops).length(values.get(0)), ops.constant(0)),
            (ops, state) -> turn(ops, state, vocabulary));
    return number(end.get(5));
  }

  /**
   * Tries the piece from {@code from} to {@code to} of each word.
   *
   * @param state words, their first positions, from, to, lengths, output
   */
  private List<Operand<?>> turn(Ops tf, List<Operand<?>> state, Tables.Table<TString> vocabulary) {
    Vectors vectors = new Vectors(tf);
    Operand<TString> words = string(state.get(0));
    Operand<TInt32> first = number(state.get(1));
    Operand<TInt32> from = number(state.get(2));
    Operand<TInt32> to = number(state.get(3));
    Operand<TInt32> lengths = number(state.get(4));
    Operand<TInt32> out = number(state.get(5));

    Operand<TString> piece =
        Substr.create(tf.scope(), words, from, tf.math.sub(to, from), Substr.unit("UTF8_CHAR"))
            .output();
    Operand<TBool> inside = vectors.isSet(from);
    Operand<TString> prefix =
        tf.select(
            inside,
            tf.fill(tf.shape(from), tf.constant(continuation)),
            tf.fill(tf.shape(from), tf.constant("")));
    Operand<TInt64> found = vocabulary.find(tf, tf.strings.join(List.of(prefix, piece)));
    Operand<TInt32> id = tf.dtypes.cast(found, TInt32.class);
    Operand<TBool> hit = tf.math.greaterEqual(id, tf.constant(0));
    Operand<TInt32> hits = vectors.positions(hit);
    out =
        vectors.replaced(
            out, vectors.gather(tf.math.add(first, from), hits), vectors.gather(id, hits));
    Operand<TInt32> shorter = tf.math.sub(to, tf.constant(1));
    Operand<TBool> failed = vectors.and(vectors.not(hit), tf.math.lessEqual(shorter, from));
    Operand<TInt32> failedAt = vectors.gather(first, vectors.positions(failed));
    out = vectors.replaced(out, failedAt, vectors.filled(failedAt, FAILED));

    Operand<TBool> whole = vectors.and(hit, tf.math.equal(to, lengths));
    Operand<TInt32> live = vectors.positions(vectors.not(vectors.or(whole, failed)));
    return List.of(
        vectors.gather(words, live),
        vectors.gather(first, live),
        vectors.gather(vectors.where(hit, to, from), live),
        vectors.gather(vectors.where(hit, lengths, shorter), live),
        vectors.gather(lengths, live),
        out);
  }

  /** One unknown token for each word that failed, the pieces of the others. */
  private FlatTokens finished(Ops tf, Vectors vectors, Words words, Operand<TInt32> out) {
    Operand<TInt32> begin = vectors.gather(words.first(), words.word());
    Operand<TBool> failed = vectors.equal(vectors.gather(out, begin), FAILED);
    Operand<TBool> isBegin = tf.math.equal(begin, vectors.indices(begin));
    Operand<TInt32> replacement =
        vectors.where(isBegin, vectors.filled(out, unknown), vectors.filled(out, -1));
    Operand<TInt32> ids = vectors.where(failed, replacement, out);
    List<Operand<TInt32>> kept =
        vectors.kept(tf.math.greaterEqual(ids, tf.constant(0)), List.of(ids, words.rows()));
    return new FlatTokens(kept.get(0), kept.get(1));
  }

  @SuppressWarnings("unchecked")
  private static Operand<TInt32> number(Operand<?> value) {
    return (Operand<TInt32>) value;
  }

  @SuppressWarnings("unchecked")
  private static Operand<TString> string(Operand<?> value) {
    return (Operand<TString>) value;
  }
}
