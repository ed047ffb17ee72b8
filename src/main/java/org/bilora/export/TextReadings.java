package org.bilora.export;

import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bilora.text.graph.GraphTokenizer;
import org.bilora.text.graph.TokenizedTexts;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * Texts of a batch, each read as its row's adapter was trained: alone or as a pair, up to its
 * longest length. Rows that are read alike are read together.
 */
final class TextReadings {

  /**
   * A way to read.
   *
   * @param pairs whether there is a second text
   * @param maxTokens longer rows are cut there
   */
  record Reading(boolean pairs, int maxTokens) {
    static Reading of(ServedAdapter adapter) {
      return new Reading(adapter.pairs(), adapter.maxTokens());
    }
  }

  private final List<Reading> readings;
  private final int[] ofAdapters;

  TextReadings(List<ServedAdapter> adapters) {
    readings = adapters.stream().map(Reading::of).distinct().toList();
    ofAdapters =
        adapters.stream().mapToInt(adapter -> readings.indexOf(Reading.of(adapter))).toArray();
  }

  /** All that there are. */
  List<Reading> all() {
    return readings;
  }

  /**
   * Builds them.
   *
   * @param texts {@code [rows]}
   * @param seconds second texts, {@code [rows]}; empty strings where the adapter reads one text
   * @param adapters numbers of the rows' adapters, {@code [rows]}
   */
  TokenizedTexts build(
      Ops tf,
      GraphTokenizer tokenizer,
      Operand<TString> texts,
      Optional<Operand<TString>> seconds,
      Operand<TInt32> adapters,
      int padTokenId) {
    if (readings.size() == 1) {
      return tokenizer.build(tf, texts, seconds, readings.get(0).maxTokens(), padTokenId);
    }
    Operand<TInt32> kinds = tf.gather(tf.constant(ofAdapters), adapters, tf.constant(0));
    Operand<TString> first = texts;
    if (seconds.isPresent()) {
      first = tf.withControlDependencies(List.of(check(tf, seconds.get(), kinds))).identity(texts);
    }
    long count = readings.size();
    Operand<TInt32> rows = tf.range(tf.constant(0), tf.squeeze(tf.shape(texts)), tf.constant(1));
    List<Operand<TInt32>> places =
        new ArrayList<>(tf.dynamicPartition(rows, kinds, count).outputs());
    List<Operand<TString>> parts =
        new ArrayList<>(tf.dynamicPartition(first, kinds, count).outputs());
    List<TokenizedTexts> read = new ArrayList<>();
    List<Op> initializers = new ArrayList<>();
    List<Operand<TInt32>> lengths = new ArrayList<>();
    for (int kind = 0; kind < count; kind++) {
      Reading reading = readings.get(kind);
      Optional<Operand<TString>> pair = Optional.empty();
      if (reading.pairs()) {
        pair = Optional.of(tf.gather(seconds.orElseThrow(), places.get(kind), tf.constant(0)));
      }
      TokenizedTexts tokens =
          tokenizer.build(
              tf.withSubScope("reading_" + kind),
              parts.get(kind),
              pair,
              reading.maxTokens(),
              padTokenId);
      read.add(tokens);
      initializers.addAll(tokens.initializers());
      lengths.add(length(tf, tokens.inputIds()));
    }
    Operand<TInt32> longest = tf.reduceMax(tf.concat(lengths, tf.constant(0)), tf.constant(0));
    return new TokenizedTexts(
        together(
            tf, places, read.stream().map(TokenizedTexts::inputIds).toList(), longest, padTokenId),
        together(tf, places, read.stream().map(TokenizedTexts::attentionMask).toList(), longest, 0),
        together(tf, places, read.stream().map(TokenizedTexts::tokenTypeIds).toList(), longest, 0),
        initializers);
  }

  /** A second text that nobody would read is an error, not silence. */
  private Op check(Ops tf, Operand<TString> seconds, Operand<TInt32> kinds) {
    int[] pairs = Ints.toArray(readings.stream().map(reading -> reading.pairs() ? 1 : 0).toList());
    Operand<TBool> reads =
        tf.math.greater(tf.gather(tf.constant(pairs), kinds, tf.constant(0)), tf.constant(0));
    Operand<TBool> none = tf.math.equal(seconds, tf.constant(""));
    return tf.assertThat(
        tf.reduceAll(tf.math.logicalOr(reads, none), tf.constant(0)),
        List.of(
            tf.constant(
                "a row has a text_pair whose adapter was trained on single texts; leave it"
                    + " empty")));
  }

  private static Operand<TInt32> length(Ops tf, Operand<TInt32> matrix) {
    return tf.slice(tf.shape(matrix), tf.array(1), tf.array(1));
  }

  /** Matrices of rows, filled up to one length and each row put in its place. */
  private static Operand<TInt32> together(
      Ops tf,
      List<Operand<TInt32>> places,
      List<Operand<TInt32>> parts,
      Operand<TInt32> longest,
      int filler) {
    List<Operand<TInt32>> filled = new ArrayList<>();
    for (Operand<TInt32> part : parts) {
      Operand<TInt32> missing = tf.math.sub(longest, length(tf, part));
      Operand<TInt32> padding =
          tf.reshape(
              tf.concat(List.of(tf.array(0, 0, 0), missing), tf.constant(0)), tf.array(2, 2));
      filled.add(tf.pad(part, padding, tf.constant(filler)));
    }
    return tf.dynamicStitch(places, filled);
  }
}
