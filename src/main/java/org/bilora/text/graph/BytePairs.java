package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Stack;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Byte-level byte-pair encoding as GPT-2 and RoBERTa have it (Radford et al. 2019): {@link
 * ByteLevelWords} of a text, as bytes, one token each; then in each word the pair of neighbours
 * that is first in the list of merges becomes one token, the leftmost first, until no pair is in
 * the list.
 *
 * <p>All words merge at once. A turn of the loop merges a word's first pair wherever it occurs,
 * unless its token is part of a pair that comes earlier in the list (no list that was learnt has
 * one): then only the leftmost, since that earlier pair must be looked for next.
 */
final class BytePairs implements Subwords {
  private static final int NO_RANK = Integer.MAX_VALUE;

  private final ByteLevelWords words;
  private final int[] symbolOfByte;
  private final long tokens;
  private final long[] pairs;
  private final int[] product;
  private final int[] everywhere;

  private BytePairs(JsonNode root, ByteLevelWords words) throws UnsupportedTokenizerException {
    this.words = words;
    JsonNode model = root.path("model");
    Map<String, Integer> ids = new HashMap<>();
    int highest = 0;
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      ids.put(entry.getKey(), entry.getValue().intValue());
      highest = Math.max(highest, entry.getValue().intValue());
    }
    tokens = highest + 1L;
    int[] characters = ByteSymbols.characters();
    symbolOfByte = new int[characters.length];
    for (int value = 0; value < characters.length; value++) {
      Integer id = ids.get(Character.toString(characters[value]));
      if (id == null) {
        throw new UnsupportedTokenizerException(
            "the vocabulary lacks a token for byte %d".formatted(value));
      }
      symbolOfByte[value] = id;
    }
    Map<Long, Integer> ranks = new LinkedHashMap<>();
    List<int[]> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      String[] parts =
          merge.isArray()
              ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
              : merge.asText().split(" ", -1);
      Integer left = ids.get(parts[0]);
      Integer right = parts.length == 2 ? ids.get(parts[1]) : null;
      Integer both = parts.length == 2 ? ids.get(parts[0] + parts[1]) : null;
      if (left == null || right == null || both == null) {
        throw new UnsupportedTokenizerException(
            "merge %d (%s) is not of tokens in the vocabulary".formatted(merges.size(), merge));
      }
      ranks.put(left * tokens + right, merges.size());
      merges.add(new int[] {left, right, both});
    }
    pairs = new long[merges.size()];
    Arrays.fill(pairs, -1);
    ranks.forEach((pair, rank) -> pairs[rank] = pair);
    product = merges.stream().mapToInt(merge -> merge[2]).toArray();
    everywhere = everywhere(merges);
  }

  /** 1 for a merge whose token is in no pair that comes before it. */
  private static int[] everywhere(List<int[]> merges) {
    Map<Integer, Integer> firstUse = new HashMap<>();
    for (int rank = 0; rank < merges.size(); rank++) {
      firstUse.putIfAbsent(merges.get(rank)[0], rank);
      firstUse.putIfAbsent(merges.get(rank)[1], rank);
    }
    int[] everywhere = new int[merges.size()];
    for (int rank = 0; rank < everywhere.length; rank++) {
      everywhere[rank] = firstUse.getOrDefault(merges.get(rank)[2], NO_RANK) > rank ? 1 : 0;
    }
    return everywhere;
  }

  /** Reads normalizer, pre-tokenizer and model. */
  static BytePairs of(JsonNode root) throws UnsupportedTokenizerException {
    JsonNode normalizer = root.path("normalizer");
    if (normalizer.isObject()) {
      throw new UnsupportedTokenizerException(
          "normalizer %s before BPE; none is known".formatted(normalizer.path("type").asText()));
    }
    JsonNode model = root.path("model");
    for (String name : List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix")) {
      JsonNode value = model.path(name);
      if (value.isNumber()
          ? value.doubleValue() != 0
          : !value.asText("").isEmpty() && !value.isNull()) {
        throw new UnsupportedTokenizerException("BPE with %s %s".formatted(name, value));
      }
    }
    if (model.path("ignore_merges").asBoolean()) {
      throw new UnsupportedTokenizerException("BPE with ignore_merges");
    }
    return new BytePairs(root, ByteLevelWords.of(root.path("pre_tokenizer")));
  }

  @Override
  public FlatTokens tokens(Ops tf, FlatText text, AddedTokenSplit.Marks added, Tables tables) {
    Vectors vectors = new Vectors(tf);
    ByteLevelWords.Split split = words.split(tf, text, added);
    ByteLevelWords.Split bytes = bytes(tf, vectors, split);
    Operand<TBool> token = ByteLevelWords.isToken(tf, bytes.codes());
    Operand<TInt32> byteValue =
        vectors.where(token, vectors.filled(bytes.codes(), 0), bytes.codes());
    Operand<TInt32> symbols =
        vectors.where(
            token,
            ByteLevelWords.tokenId(tf, bytes.codes()),
            vectors.gather(tf.constant(symbolOfByte), byteValue));
    Operand<TInt32> ids = merged(tf, vectors, symbols, bytes.words(), tables);
    List<Operand<TInt32>> kept =
        vectors.kept(tf.math.greaterEqual(ids, tf.constant(0)), List.of(ids, bytes.rows()));
    return new FlatTokens(kept.get(0), kept.get(1));
  }

  /** UTF-8, tokens that were found literally staying one element. */
  private static ByteLevelWords.Split bytes(Ops tf, Vectors vectors, ByteLevelWords.Split split) {
    Operand<TInt32> codes = split.codes();
    Operand<TInt32> none = vectors.filled(codes, -1);
    Operand<TBool> one =
        vectors.or(tf.math.less(codes, tf.constant(0x80)), ByteLevelWords.isToken(tf, codes));
    Operand<TBool> two = tf.math.less(codes, tf.constant(0x800));
    Operand<TBool> three = tf.math.less(codes, tf.constant(0x10000));
    Operand<TInt32> first =
        vectors.where(
            one,
            codes,
            vectors.where(
                two,
                lead(tf, codes, 6, 0xC0),
                vectors.where(three, lead(tf, codes, 12, 0xE0), lead(tf, codes, 18, 0xF0))));
    Operand<TInt32> second =
        vectors.where(
            one,
            none,
            vectors.where(
                two,
                trail(tf, codes, 0),
                vectors.where(three, trail(tf, codes, 6), trail(tf, codes, 12))));
    Operand<TBool> upToTwo = vectors.or(one, two);
    Operand<TInt32> third =
        vectors.where(
            upToTwo, none, vectors.where(three, trail(tf, codes, 0), trail(tf, codes, 6)));
    Operand<TInt32> fourth = vectors.where(vectors.or(upToTwo, three), none, trail(tf, codes, 0));
    Operand<TInt32> flat = flat(tf, List.of(first, second, third, fourth));
    List<Operand<TInt32>> kept =
        vectors.kept(
            tf.math.greaterEqual(flat, tf.constant(0)),
            List.of(
                flat,
                flat(tf, java.util.Collections.nCopies(4, split.rows())),
                flat(tf, java.util.Collections.nCopies(4, split.words()))));
    return new ByteLevelWords.Split(kept.get(0), kept.get(1), kept.get(2));
  }

  private static Operand<TInt32> flat(Ops tf, List<Operand<TInt32>> columns) {
    return tf.reshape(tf.stack(columns, Stack.axis(1L)), tf.array(-1));
  }

  private static Operand<TInt32> lead(Ops tf, Operand<TInt32> codes, int shift, int mark) {
    return tf.bitwise.bitwiseOr(
        tf.bitwise.rightShift(codes, tf.constant(shift)), tf.constant(mark));
  }

  private static Operand<TInt32> trail(Ops tf, Operand<TInt32> codes, int shift) {
    Operand<TInt32> shifted = tf.bitwise.rightShift(codes, tf.constant(shift));
    return tf.bitwise.bitwiseOr(
        tf.bitwise.bitwiseAnd(shifted, tf.constant(0x3F)), tf.constant(0x80));
  }

  /** Per byte the token that starts there, or −1. */
  private Operand<TInt32> merged(
      Ops tf, Vectors vectors, Operand<TInt32> symbols, Operand<TInt32> word, Tables tables) {
    if (pairs.length == 0) {
      return symbols;
    }
    List<Long> keys = new ArrayList<>();
    List<Long> ranks = new ArrayList<>();
    for (int rank = 0; rank < pairs.length; rank++) {
      if (pairs[rank] >= 0) {
        keys.add(pairs[rank]);
        ranks.add((long) rank);
      }
    }
    Tables.Table<TInt64> table =
        tables.ofNumbers(
            "merges",
            keys.stream().mapToLong(Long::longValue).toArray(),
            ranks.stream().mapToLong(Long::longValue).toArray());
    List<Operand<?>> end =
        Loop.run(
            tf,
            "merging",
            List.of(symbols, word, vectors.indices(symbols), symbols),
            (ops, values) ->
                ops.math.greater(new Vectors(ops).length(values.get(0)), ops.constant(0)),
            (ops, state) -> turn(ops, state, table));
    return number(end.get(3));
  }

  /**
   * Merges each word's first pair.
   *
   * @param state symbols of words with a pair left, their words and positions, output
   */
  private List<Operand<?>> turn(Ops tf, List<Operand<?>> state, Tables.Table<TInt64> ranks) {
    Vectors vectors = new Vectors(tf);
    Operand<TInt32> symbols = number(state.get(0));
    Operand<TInt32> word = number(state.get(1));
    Operand<TInt32> place = number(state.get(2));
    Operand<TInt32> out = number(state.get(3));

    Operand<TInt32> right = vectors.next(symbols, 0);
    Operand<TBool> neighbours = tf.math.equal(word, vectors.next(word, -1));
    Operand<TInt64> key =
        tf.math.add(tf.math.mul(vectors.wide(symbols), tf.constant(tokens)), vectors.wide(right));
    Operand<TInt32> found = tf.dtypes.cast(ranks.find(tf, key), TInt32.class);
    Operand<TBool> mergeable = vectors.and(neighbours, tf.math.greaterEqual(found, tf.constant(0)));
    Operand<TInt32> rank = vectors.where(mergeable, found, vectors.filled(found, NO_RANK));

    // Words are numbered anew, since the finished ones are gone.
    Operand<TInt32> number =
        vectors.cumulated(vectors.number(tf.math.notEqual(word, vectors.previous(word, -1))));
    Operand<TInt32> count = tf.math.add(vectors.length(symbols), tf.constant(1));
    Operand<TInt32> best = tf.math.unsortedSegmentMin(rank, number, count);
    Operand<TBool> first =
        vectors.and(mergeable, tf.math.equal(rank, vectors.gather(best, number)));

    Operand<TInt32> index = vectors.indices(symbols);
    Operand<TInt32> leftmost =
        tf.math.unsortedSegmentMin(
            vectors.where(first, index, vectors.filled(index, NO_RANK)), number, count);
    Operand<TBool> isLeftmost = tf.math.equal(index, vectors.gather(leftmost, number));
    // Of a run of overlapping pairs, as in aaa, every second.
    Operand<TBool> runStarts = vectors.and(first, vectors.not(vectors.previous(first, false)));
    Operand<TInt32> inRun = tf.math.sub(index, vectors.lastSet(runStarts));
    Operand<TBool> even = vectors.equal(tf.bitwise.bitwiseAnd(inRun, tf.constant(1)), 0);
    Operand<TInt32> safeRank = vectors.where(first, rank, vectors.filled(rank, 0));
    Operand<TBool> all = vectors.isSet(vectors.gather(tf.constant(everywhere), safeRank));
    Operand<TBool> chosen = vectors.and(first, vectors.or(isLeftmost, vectors.and(all, even)));

    Operand<TInt32> merged =
        vectors.where(chosen, vectors.gather(tf.constant(product), safeRank), symbols);
    Operand<TBool> swallowed = vectors.previous(chosen, false);
    Operand<TInt32> grown = vectors.positions(chosen);
    out = vectors.replaced(out, vectors.gather(place, grown), vectors.gather(merged, grown));
    Operand<TInt32> gone = vectors.gather(place, vectors.positions(swallowed));
    out = vectors.replaced(out, gone, vectors.filled(gone, -1));

    Operand<TBool> unfinished = tf.math.less(vectors.gather(best, number), tf.constant(NO_RANK));
    List<Operand<TInt32>> live =
        vectors.kept(vectors.and(unfinished, vectors.not(swallowed)), List.of(merged, word, place));
    return List.of(live.get(0), live.get(1), live.get(2), out);
  }

  @SuppressWarnings("unchecked")
  private static Operand<TInt32> number(Operand<?> value) {
    return (Operand<TInt32>) value;
  }
}
